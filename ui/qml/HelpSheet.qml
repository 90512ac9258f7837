import QtQuick

// The keyboard, from the same table that makes it work.
Rectangle {
    id: root

    required property var shell

    objectName: "helpSheet"
    color: "#CC0B0D12"
    Accessible.role: Accessible.Dialog
    Accessible.name: "Keyboard shortcuts"
    MouseArea {
        anchors.fill: parent
        hoverEnabled: true
        onClicked: root.shell.act("toggle-help")
        onWheel: wheel => wheel.accepted = true
    }
    Rectangle {
        anchors.centerIn: parent
        width: Math.min(columns.implicitWidth + 80, parent.width - 32)
        height: columns.implicitHeight + 120
        radius: 16
        color: Theme.surface
        border.color: Theme.hairline
        Text {
            x: 40
            y: 32
            text: "Keyboard shortcuts"
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.heading
            font.weight: Font.Bold
        }
        IconButton {
            objectName: "closeHelp"
            anchors.right: parent.right
            anchors.rightMargin: 24
            y: 24
            iconName: "close"
            text: "Close"
            keyHint: "Esc"
            onClicked: root.shell.act("toggle-help")
        }
        Row {
            id: columns
            x: 40
            y: 84
            spacing: 40
            Repeater {
                model: root.shell.sheet
                Column {
                    id: group
                    required property var modelData
                    spacing: 10
                    Text {
                        text: group.modelData.title
                        color: Theme.accent
                        font.family: Theme.family
                        font.pixelSize: Theme.body
                        font.weight: Font.DemiBold
                    }
                    Repeater {
                        model: group.modelData.lines
                        Row {
                            id: entry
                            required property var modelData
                            Text {
                                width: 104
                                text: entry.modelData.keys
                                color: Theme.text
                                font.family: Theme.family
                                font.pixelSize: Theme.small
                                font.weight: Font.DemiBold
                            }
                            Text {
                                width: 176
                                wrapMode: Text.Wrap
                                text: entry.modelData.text
                                color: Theme.textSecond
                                font.family: Theme.family
                                font.pixelSize: Theme.small
                            }
                        }
                    }
                }
            }
        }
    }
}
