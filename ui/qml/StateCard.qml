import QtQuick

// What happened, in plain words, and what to do about it.
Rectangle {
    id: root

    property string iconName: "warning"
    property color tint: Theme.warn
    property string heading: ""
    property string message: ""
    property string code: ""
    property string action: ""
    property string secondAction: ""
    property alias button: main
    signal acted
    signal secondActed

    width: Math.min(560, parent ? parent.width - 64 : 560)
    height: column.implicitHeight + 80
    radius: 16
    color: Theme.surface
    border.color: Theme.hairline
    Accessible.role: Accessible.AlertMessage
    Accessible.name: heading + ". " + message

    Column {
        id: column
        anchors.centerIn: parent
        width: parent.width - 80
        spacing: 16
        Rectangle {
            anchors.horizontalCenter: parent.horizontalCenter
            width: 56
            height: 56
            radius: 28
            color: Theme.raised
            border.color: root.tint
            border.width: 3
            AppIcon {
                anchors.centerIn: parent
                name: root.iconName
                tint: root.tint
                size: 28
            }
        }
        Text {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: root.heading
            color: Theme.text
            wrapMode: Text.Wrap
            font.family: Theme.family
            font.pixelSize: Theme.title
            font.weight: Font.Bold
        }
        Text {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: root.message + (root.code === "" ? "" : "\nCode: " + root.code)
            visible: root.message !== ""
            color: Theme.textSecond
            wrapMode: Text.Wrap
            lineHeight: 1.35
            font.family: Theme.family
            font.pixelSize: Theme.body
        }
        Row {
            anchors.horizontalCenter: parent.horizontalCenter
            spacing: 12
            PillButton {
                id: main
                objectName: "stateAction"
                primary: true
                text: root.action
                visible: root.action !== ""
                onClicked: root.acted()
                KeyNavigation.right: second
            }
            PillButton {
                id: second
                objectName: "stateSecondAction"
                text: root.secondAction
                visible: root.secondAction !== ""
                onClicked: root.secondActed()
                KeyNavigation.left: main
            }
        }
    }
}
