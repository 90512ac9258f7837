import QtQuick

// One of our own drawings, in any colour.
Image {
    property string name: ""
    property color tint: Theme.text
    property int size: 24

    width: size
    height: size
    sourceSize: Qt.size(size, size)
    source: name === "" ? "" : "image://icon/" + name + "/" + tint.toString().slice(-6)
    smooth: true
}
