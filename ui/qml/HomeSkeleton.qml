import QtQuick

// The page's shape before its content is there.
Item {
    id: root

    property real gutter: 48
    readonly property real stillWidth: (width - gutter) / 4.3 - 16

    component Bone: Rectangle {
        color: Theme.raised
        radius: 8
    }

    SequentialAnimation on opacity {
        running: root.visible
        loops: Animation.Infinite
        NumberAnimation {
            from: 1
            to: 0.55
            duration: 600
        }
        NumberAnimation {
            from: 0.55
            to: 1
            duration: 600
        }
    }
    Column {
        x: root.gutter
        y: root.height * 0.52 - 236
        spacing: 16
        Bone {
            width: 380
            height: 44
        }
        Bone {
            width: 260
            height: 16
        }
        Bone {
            width: 520
            height: 16
        }
        Bone {
            width: 200
            height: 44
            radius: Theme.radius
        }
    }
    Bone {
        x: root.gutter
        y: root.height * 0.52
        width: 190
        height: 18
    }
    Row {
        x: root.gutter
        y: root.height * 0.52 + 39
        spacing: 16
        Repeater {
            model: 5
            Column {
                spacing: 10
                Bone {
                    width: root.stillWidth
                    height: root.stillWidth * 9 / 16
                    radius: Theme.radius
                }
                Bone {
                    width: 90
                    height: 12
                    radius: 4
                }
            }
        }
    }
}
