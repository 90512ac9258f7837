import QtQuick

// The white ring around what has the keyboard: 3 px, 2 px away.
Rectangle {
    property bool shown: false
    property real around: Theme.radius

    anchors.fill: parent
    anchors.margins: -5
    radius: around + 5
    color: "transparent"
    border.color: Theme.focusRing
    border.width: 3
    opacity: shown ? 1 : 0
    Behavior on opacity {
        NumberAnimation {
            duration: Theme.hoverMs
        }
    }
}
