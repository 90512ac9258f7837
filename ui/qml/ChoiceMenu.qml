import QtQuick

// The panel above the right end of the bar: tracks, quality or speed.
FocusScope {
    id: root

    required property var player
    readonly property string menu: player.state.menu
    readonly property bool open: menu !== ""

    width: content.implicitWidth + 24
    height: content.implicitHeight + 32
    visible: open
    onMenuChanged: {
        if (menu === "quality")
            quality.takeFocus();
        else if (menu === "speeds")
            speeds.takeFocus();
        else if (menu === "tracks")
            (audio.count > 0 ? audio : subtitles).takeFocus();
    }
    Rectangle {
        anchors.fill: parent
        radius: 14
        color: "#F212151D"
        border.color: Theme.hairline
    }
    MouseArea {
        anchors.fill: parent
        hoverEnabled: true
        acceptedButtons: Qt.AllButtons
    }
    Row {
        id: content
        anchors.centerIn: parent
        spacing: 12
        ChoiceList {
            id: audio
            visible: root.menu === "tracks" && count > 0
            player: root.player
            group: "audio"
            heading: "Audio"
            choices: root.player.audio
        }
        ChoiceList {
            id: subtitles
            visible: root.menu === "tracks" && count > 0
            player: root.player
            group: "subtitles"
            heading: "Subtitles"
            choices: root.player.subtitles
        }
        Text {
            visible: root.menu === "tracks" && audio.count === 0 && subtitles.count === 0
            padding: 16
            text: "This film has one sound track and no subtitles."
            color: Theme.textSecond
            font.family: Theme.family
            font.pixelSize: Theme.body
        }
        Column {
            visible: root.menu === "quality"
            ChoiceList {
                id: quality
                player: root.player
                group: "quality"
                heading: "Quality"
                choices: root.player.quality
            }
            Text {
                width: 264
                visible: text !== ""
                leftPadding: 16
                rightPadding: 16
                topPadding: 8
                text: root.player.state.quality_why
                color: Theme.textSecond
                wrapMode: Text.Wrap
                lineHeight: 1.35
                font.family: Theme.family
                font.pixelSize: Theme.small
            }
        }
        ChoiceList {
            id: speeds
            visible: root.menu === "speeds"
            player: root.player
            group: "speeds"
            heading: "Speed"
            choices: root.player.speeds
        }
    }
}
