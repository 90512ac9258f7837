import QtQuick

// The big picture, what it is, and the button that plays it.
FocusScope {
    id: root

    required property var card
    property real gutter: 48
    signal play(string titleId, real startAt)
    signal more(string titleId)
    signal upPressed
    signal downPressed

    function takeFocus() {
        playButton.forceActiveFocus();
    }

    Image {
        id: backdrop
        anchors.fill: parent
        source: root.card.backdrop ?? ""
        asynchronous: true
        fillMode: Image.PreserveAspectCrop
        verticalAlignment: Image.AlignTop
        sourceSize.width: 1920
        opacity: status === Image.Ready ? 1 : 0
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.pageMs
            }
        }
    }
    // A film that is being prepared gets its pictures a moment later.
    Timer {
        interval: 3000
        running: backdrop.status === Image.Error
        onTriggered: {
            backdrop.source = "";
            backdrop.source = Qt.binding(() => root.card.backdrop ?? "");
        }
    }
    Rectangle {
        anchors.fill: parent
        gradient: Gradient {
            orientation: Gradient.Horizontal
            GradientStop {
                position: 0
                color: "#F00B0D12"
            }
            GradientStop {
                position: 0.35
                color: "#B00B0D12"
            }
            GradientStop {
                position: 0.75
                color: "#000B0D12"
            }
        }
    }
    Rectangle {
        anchors.fill: parent
        gradient: Gradient {
            GradientStop {
                position: 0
                color: "#800B0D12"
            }
            GradientStop {
                position: 0.25
                color: "#000B0D12"
            }
            GradientStop {
                position: 0.6
                color: "#300B0D12"
            }
            GradientStop {
                position: 1
                color: Theme.page
            }
        }
    }
    Column {
        x: root.gutter
        anchors.bottom: parent.bottom
        anchors.bottomMargin: 40
        width: Math.min(620, parent.width - 2 * root.gutter)
        spacing: 14
        Text {
            width: parent.width
            text: root.card.name ?? ""
            color: Theme.text
            elide: Text.ElideRight
            font.family: Theme.family
            font.pixelSize: Theme.hero
            font.weight: Font.Bold
            font.letterSpacing: -1
            Accessible.role: Accessible.Heading
            Accessible.name: text
        }
        Text {
            text: root.card.meta ?? ""
            color: Theme.textSecond
            font.family: Theme.family
            font.pixelSize: Theme.body
        }
        Text {
            width: parent.width
            text: root.card.description ?? ""
            visible: text !== ""
            color: Theme.text
            wrapMode: Text.Wrap
            maximumLineCount: 2
            elide: Text.ElideRight
            lineHeight: 1.35
            font.family: Theme.family
            font.pixelSize: Theme.body
        }
        Row {
            spacing: 12
            topPadding: 8
            PillButton {
                id: playButton
                objectName: "heroPlay"
                focus: true
                primary: true
                iconName: "play"
                text: root.card.action ?? "Play"
                Accessible.name: text + ", " + (root.card.name ?? "")
                onClicked: root.play(root.card.id, root.card.resume_s)
                KeyNavigation.right: restartButton.visible ? restartButton : moreButton
                Keys.onUpPressed: root.upPressed()
                Keys.onDownPressed: root.downPressed()
            }
            PillButton {
                id: restartButton
                objectName: "heroRestart"
                visible: (root.card.resume_s ?? 0) > 0
                iconName: "restart"
                text: "Start over"
                onClicked: root.play(root.card.id, 0)
                KeyNavigation.left: playButton
                KeyNavigation.right: moreButton
                Keys.onUpPressed: root.upPressed()
                Keys.onDownPressed: root.downPressed()
            }
            PillButton {
                id: moreButton
                objectName: "heroMore"
                iconName: "info"
                text: "More"
                onClicked: root.more(root.card.id)
                KeyNavigation.left: restartButton.visible ? restartButton : playButton
                Keys.onUpPressed: root.upPressed()
                Keys.onDownPressed: root.downPressed()
            }
            Text {
                anchors.verticalCenter: playButton.verticalCenter
                leftPadding: 8
                visible: text !== ""
                text: root.card.preparing ?? ""
                color: Theme.warn
                font.family: Theme.family
                font.pixelSize: Theme.small
                font.features: ({
                        "tnum": 1
                    })
            }
        }
    }
}
