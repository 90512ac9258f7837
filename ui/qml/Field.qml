import QtQuick
import QtQuick.Controls.Basic as C

// A line to type in, with its name above.
Column {
    id: root

    property string label: ""
    property alias text: input.text
    property bool secret: false
    property alias input: input
    property string inputName: ""
    signal accepted

    spacing: 8
    Text {
        text: root.label
        color: Theme.textSecond
        font.family: Theme.family
        font.pixelSize: Theme.small
    }
    C.TextField {
        id: input
        objectName: root.inputName
        width: root.width
        height: 48
        leftPadding: 16
        rightPadding: 16
        echoMode: root.secret ? TextInput.Password : TextInput.Normal
        color: Theme.text
        selectionColor: Theme.accent
        selectedTextColor: Theme.accentInk
        font.family: Theme.family
        font.pixelSize: Theme.body
        verticalAlignment: TextInput.AlignVCenter
        Accessible.role: Accessible.EditableText
        Accessible.name: root.label
        onAccepted: root.accepted()
        background: Rectangle {
            radius: Theme.radius
            color: Theme.raised
            border.color: Theme.controlBorder
            FocusRing {
                shown: input.activeFocus
            }
        }
    }
}
