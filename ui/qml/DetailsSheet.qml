import QtQuick

// One title, told in full, over the page it was found on.
FocusScope {
    id: root

    required property var shell
    readonly property var details: shell.details

    objectName: "detailsSheet"
    Accessible.role: Accessible.Dialog
    Accessible.name: "Details: " + (details.card.name ?? "")
    onVisibleChanged: if (visible)
        playButton.forceActiveFocus()

    Rectangle {
        anchors.fill: parent
        color: "#CC0B0D12"
        MouseArea {
            anchors.fill: parent
            hoverEnabled: true
            onClicked: root.details.close()
            onWheel: wheel => wheel.accepted = true
        }
    }
    Rectangle {
        anchors.centerIn: parent
        width: Math.min(880, parent.width - 64)
        height: Math.min(picture.height + words.implicitHeight + 4, parent.height - 48)
        radius: 16
        color: Theme.surface
        border.color: Theme.hairline
        clip: true
        MouseArea {
            anchors.fill: parent
        }
        Image {
            id: picture
            x: 1
            y: 1
            width: parent.width - 2
            height: Math.min(width * 0.4, root.height * 0.42)
            source: root.details.card.backdrop ?? ""
            asynchronous: true
            fillMode: Image.PreserveAspectCrop
            sourceSize.width: 1280
        }
        Rectangle {
            anchors.fill: picture
            gradient: Gradient {
                GradientStop {
                    position: 0.4
                    color: "#0012151D"
                }
                GradientStop {
                    position: 1
                    color: Theme.surface
                }
            }
        }
        IconButton {
            objectName: "closeDetails"
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.margins: 16
            iconName: "close"
            text: "Close"
            keyHint: "Esc"
            onClicked: root.details.close()
            KeyNavigation.down: playButton
        }
        Spinner {
            anchors.centerIn: parent
            visible: !root.details.loaded && root.details.error === ""
        }
        Column {
            id: words
            x: 40
            width: parent.width - 80
            anchors.top: picture.bottom
            anchors.topMargin: -36
            spacing: 16
            Text {
                objectName: "detailsName"
                width: parent.width
                text: root.details.card.name ?? ""
                color: Theme.text
                elide: Text.ElideRight
                font.family: Theme.family
                font.pixelSize: 32
                font.weight: Font.Bold
                Accessible.role: Accessible.Heading
                Accessible.name: text
            }
            Text {
                text: root.details.card.meta ?? ""
                color: Theme.textSecond
                font.family: Theme.family
                font.pixelSize: Theme.body
            }
            Row {
                spacing: 12
                visible: root.details.loaded
                PillButton {
                    id: playButton
                    objectName: "detailsPlay"
                    focus: true
                    primary: true
                    iconName: "play"
                    text: root.details.card.action ?? "Play"
                    onClicked: root.shell.play(root.details.card.id, root.details.card.resume_s)
                    KeyNavigation.right: again.visible ? again : listButton
                }
                PillButton {
                    id: again
                    objectName: "detailsRestart"
                    visible: (root.details.card.resume_s ?? 0) > 0
                    iconName: "restart"
                    text: "Start over"
                    onClicked: root.shell.play(root.details.card.id, 0)
                    KeyNavigation.left: playButton
                    KeyNavigation.right: listButton
                }
                PillButton {
                    id: listButton
                    objectName: "detailsList"
                    iconName: root.details.card.listed ? "check" : "plus"
                    text: root.details.card.listed ? "On My List" : "My List"
                    onClicked: root.details.toggleList()
                    KeyNavigation.left: again.visible ? again : playButton
                }
            }
            Text {
                width: parent.width
                visible: text !== ""
                text: root.details.card.description ?? ""
                color: Theme.text
                wrapMode: Text.Wrap
                maximumLineCount: 6
                elide: Text.ElideRight
                lineHeight: 1.35
                font.family: Theme.family
                font.pixelSize: Theme.body
            }
            Column {
                width: parent.width
                spacing: 6
                Repeater {
                    model: root.details.lines
                    Row {
                        id: line
                        required property var modelData
                        Text {
                            width: 110
                            text: line.modelData.name
                            color: Theme.textThird
                            font.family: Theme.family
                            font.pixelSize: Theme.small
                        }
                        Text {
                            width: words.width - 110
                            wrapMode: Text.Wrap
                            text: line.modelData.text
                            color: Theme.textSecond
                            font.family: Theme.family
                            font.pixelSize: Theme.small
                        }
                    }
                }
            }
            Text {
                objectName: "detailsError"
                width: parent.width
                visible: text !== ""
                text: root.details.error
                color: Theme.bad
                wrapMode: Text.Wrap
                font.family: Theme.family
                font.pixelSize: Theme.body
                Accessible.role: Accessible.AlertMessage
                Accessible.name: text
            }
        }
    }
}
