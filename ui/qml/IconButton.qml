import QtQuick
import QtQuick.Controls.Basic as C

// A round button with a drawing, and words beside it where there is room for them.
C.AbstractButton {
    id: control

    property string iconName: ""
    property string label: ""
    property string keyHint: ""
    property bool on: false
    property int iconSize: 24

    implicitHeight: 44
    implicitWidth: label === "" ? 44 : content.implicitWidth + 24
    focusPolicy: Qt.StrongFocus
    Accessible.role: Accessible.Button
    Accessible.name: text
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    background: Rectangle {
        radius: control.label === "" ? height / 2 : Theme.radius
        color: Qt.rgba(1, 1, 1, control.pressed ? 0.24 : control.hovered ? 0.14 : 0)
        Behavior on color {
            ColorAnimation {
                duration: Theme.hoverMs
            }
        }
        FocusRing {
            anchors.margins: -3
            shown: control.activeFocus
            around: parent.radius - 2
        }
    }
    contentItem: Item {
        Row {
            id: content
            anchors.centerIn: parent
            spacing: 8
            AppIcon {
                anchors.verticalCenter: parent.verticalCenter
                name: control.iconName
                visible: control.iconName !== ""
                size: control.iconSize
                tint: control.on ? Theme.accent : Theme.text
            }
            Text {
                anchors.verticalCenter: parent.verticalCenter
                visible: control.label !== ""
                text: control.label
                color: control.on ? Theme.accent : Theme.text
                font.family: Theme.family
                font.pixelSize: Theme.body
                font.features: ({
                        "tnum": 1
                    })
            }
        }
    }
    C.ToolTip {
        id: tip
        visible: control.hovered && control.text !== ""
        delay: 700
        y: -height - 8
        text: control.text + (control.keyHint === "" ? "" : "  \u00b7  " + control.keyHint)
        contentItem: Text {
            text: tip.text
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.small
        }
        background: Rectangle {
            radius: 6
            color: Theme.raised
            border.color: Theme.hairline
        }
    }
}
