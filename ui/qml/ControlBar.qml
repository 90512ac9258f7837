import QtQuick

// The bottom of the player: the bar, and what can be done.
FocusScope {
    id: root

    required property var shell
    readonly property var player: shell.player
    readonly property var view: player.state
    readonly property real gutter: Theme.gutter(width)
    readonly property bool roomy: width >= 980
    readonly property bool dragging: seek.busy

    height: 220
    function takeFocus() {
        playButton.forceActiveFocus();
    }

    Rectangle {
        anchors.fill: parent
        gradient: Gradient {
            GradientStop {
                position: 0
                color: "#000B0D12"
            }
            GradientStop {
                position: 1
                color: "#F00B0D12"
            }
        }
    }
    SeekBar {
        id: seek
        objectName: "seekBar"
        player: root.player
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: root.gutter
        anchors.rightMargin: root.gutter
        anchors.bottom: left.top
        anchors.bottomMargin: 4
    }
    Row {
        id: left
        x: root.gutter - 10
        anchors.bottom: parent.bottom
        anchors.bottomMargin: 24
        spacing: 6
        IconButton {
            id: playButton
            objectName: "playButton"
            focus: true
            iconName: root.view.paused ? "play" : "pause"
            iconSize: 28
            text: root.view.paused ? "Play" : "Pause"
            keyHint: "Space"
            onClicked: root.shell.act("toggle-pause")
        }
        IconButton {
            objectName: "backTen"
            iconName: "back10"
            iconSize: 28
            text: "Back 10 seconds"
            keyHint: "J"
            onClicked: root.shell.act("skip", -10)
        }
        IconButton {
            objectName: "forwardTen"
            iconName: "forward10"
            iconSize: 28
            text: "Forward 10 seconds"
            keyHint: "L"
            onClicked: root.shell.act("skip", 10)
        }
        IconButton {
            objectName: "muteButton"
            iconName: root.view.muted || root.view.volume === 0 ? "mute" : "volume"
            text: root.view.muted ? "Sound on" : "Mute"
            keyHint: "M"
            onClicked: root.shell.act("toggle-mute")
        }
        VolumeSlider {
            player: root.player
            visible: root.width >= 760
        }
        Text {
            objectName: "clockText"
            anchors.verticalCenter: parent.verticalCenter
            leftPadding: 10
            text: root.view.clock
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.body
            font.features: ({
                    "tnum": 1
                })
        }
    }
    Row {
        anchors.right: parent.right
        anchors.rightMargin: root.gutter - 12
        anchors.verticalCenter: left.verticalCenter
        spacing: 4
        IconButton {
            objectName: "tracksButton"
            iconName: "tracks"
            label: root.roomy ? "Audio & subtitles" : ""
            text: "Audio and subtitles"
            on: root.view.menu === "tracks"
            onClicked: root.player.openMenu("tracks")
        }
        IconButton {
            objectName: "qualityButton"
            iconName: "quality"
            label: root.roomy ? root.view.quality_label : ""
            text: "Quality, " + root.view.quality_label
            on: root.view.menu === "quality"
            onClicked: root.player.openMenu("quality")
        }
        IconButton {
            objectName: "speedButton"
            iconName: "speed"
            label: root.view.speed_label
            text: "Speed, " + root.view.speed_label
            on: root.view.menu === "speeds"
            onClicked: root.player.openMenu("speeds")
        }
        IconButton {
            objectName: "statsButton"
            iconName: "stats"
            text: "Statistics"
            keyHint: "I"
            on: root.view.stats_open
            onClicked: root.shell.act("toggle-stats")
        }
        IconButton {
            objectName: "fullScreenButton"
            iconName: root.shell.fullScreen ? "exit-fullscreen" : "fullscreen"
            text: root.shell.fullScreen ? "Leave full screen" : "Full screen"
            keyHint: "F"
            onClicked: root.shell.act("toggle-full-screen")
        }
    }
}
