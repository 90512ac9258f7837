import QtQuick
import QtQuick.Controls.Basic as C

// A button with words. The primary one is mint.
C.AbstractButton {
    id: control

    property bool primary: false
    property string iconName: ""
    readonly property color ink: primary ? Theme.accentInk : Theme.text

    implicitHeight: 44
    implicitWidth: content.implicitWidth + 40
    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.5
    Accessible.role: Accessible.Button
    Accessible.name: text
    Keys.onReturnPressed: clicked()
    Keys.onEnterPressed: clicked()

    background: Rectangle {
        radius: Theme.radius
        color: control.primary ? Qt.lighter(Theme.accent, control.hovered ? 1.12 : 1) : Qt.rgba(1, 1, 1, control.hovered ? 0.26 : 0.16)
        Behavior on color {
            ColorAnimation {
                duration: Theme.hoverMs
            }
        }
        FocusRing {
            shown: control.activeFocus
        }
    }
    contentItem: Item {
        Row {
            id: content
            anchors.centerIn: parent
            spacing: 10
            AppIcon {
                anchors.verticalCenter: parent.verticalCenter
                visible: control.iconName !== ""
                name: control.iconName
                tint: control.ink
                size: 20
            }
            Text {
                anchors.verticalCenter: parent.verticalCenter
                text: control.text
                color: control.ink
                font.family: Theme.family
                font.pixelSize: Theme.body
                font.weight: Font.DemiBold
            }
        }
    }
}
