import QtQuick

// Played, buffered, and the rest; a preview where the pointer is.
Item {
    id: root

    required property var player
    readonly property var view: player.state
    readonly property bool busy: pointer.pressed
    readonly property real length: Math.max(0.001, view.duration_s)
    readonly property real shown: pointer.pressed ? pointer.wanted : view.position_s
    readonly property real thick: pointer.containsMouse || pointer.pressed || activeFocus ? 10 : 6

    height: 40
    activeFocusOnTab: true
    Accessible.role: Accessible.Slider
    Accessible.name: "Position, " + view.clock
    Accessible.focusable: true
    Keys.onLeftPressed: root.player.seek(root.view.position_s - 10)
    Keys.onRightPressed: root.player.seek(root.view.position_s + 10)

    function at(seconds: real): real {
        return Math.max(0, Math.min(1, seconds / root.length)) * width;
    }

    Rectangle {
        id: track
        anchors.verticalCenter: parent.verticalCenter
        width: parent.width
        height: root.thick
        radius: height / 2
        color: Qt.rgba(1, 1, 1, 0.25)
        Behavior on height {
            NumberAnimation {
                duration: Theme.hoverMs
            }
        }
        Rectangle {
            objectName: "bufferedLayer"
            x: root.at(root.view.buffered_from_s)
            width: Math.max(0, root.at(root.view.buffered_to_s) - x)
            height: parent.height
            radius: height / 2
            color: Qt.rgba(1, 1, 1, 0.5)
        }
        Rectangle {
            objectName: "playedLayer"
            width: root.at(root.shown)
            height: parent.height
            radius: height / 2
            color: Theme.accent
        }
    }
    Rectangle {
        x: root.at(root.shown) - width / 2
        anchors.verticalCenter: parent.verticalCenter
        width: root.thick + 8
        height: width
        radius: width / 2
        color: Theme.text
        FocusRing {
            shown: root.activeFocus
            around: parent.radius
        }
    }
    MouseArea {
        id: pointer
        property real hovered: width > 0 ? Math.max(0, Math.min(1, mouseX / width)) * root.length : 0
        property real wanted: hovered
        anchors.fill: parent
        hoverEnabled: true
        cursorShape: Qt.PointingHandCursor
        onReleased: root.player.seek(wanted)
    }
    Column {
        id: preview
        readonly property var tile: visible ? root.player.preview(pointer.hovered) : ({})
        readonly property bool pictured: tile.url !== undefined && sheet.status === Image.Ready
        visible: (pointer.containsMouse || pointer.pressed) && root.view.duration_s > 0
        x: Math.max(0, Math.min(root.width - width, pointer.mouseX - width / 2))
        anchors.bottom: track.top
        anchors.bottomMargin: 14
        spacing: 8
        Rectangle {
            visible: preview.pictured
            width: 204
            height: 4 + 200 * (preview.tile.height ?? 90) / (preview.tile.width ?? 160)
            color: Theme.text
            radius: 4
            Item {
                anchors.fill: parent
                anchors.margins: 2
                clip: true
                Image {
                    id: sheet
                    readonly property real zoom: 200 / (preview.tile.width ?? 160)
                    source: preview.tile.url ?? ""
                    asynchronous: true
                    transformOrigin: Item.TopLeft
                    scale: zoom
                    x: -(preview.tile.x ?? 0) * zoom
                    y: -(preview.tile.y ?? 0) * zoom
                }
            }
        }
        Rectangle {
            anchors.horizontalCenter: parent.horizontalCenter
            width: place.implicitWidth + 16
            height: 24
            radius: 6
            color: "#CC0B0D12"
            Text {
                id: place
                anchors.centerIn: parent
                text: root.player.clock(pointer.hovered)
                color: Theme.text
                font.family: Theme.family
                font.pixelSize: Theme.small
                font.features: ({
                        "tnum": 1
                    })
            }
        }
    }
}
