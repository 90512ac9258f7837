import QtQuick
import QtQuick.Shapes

// What the player does and why, and the last minute of it.
Rectangle {
    id: root

    required property var shell
    readonly property var player: shell.player
    readonly property var graph: player.graph

    objectName: "statsPanel"
    width: 480
    height: column.implicitHeight + 32
    radius: 14
    color: "#E60B0D12"
    border.color: Theme.hairline
    Accessible.role: Accessible.Pane
    Accessible.name: "Statistics"

    function line(values, steps) {
        const xs = graph.x ?? [];
        const points = [];
        for (let i = 0; i < xs.length; i++) {
            const at = Qt.point(xs[i] * plot.width, (1 - values[i]) * plot.height);
            if (steps && i > 0)
                points.push(Qt.point(at.x, points[points.length - 1].y));
            points.push(at);
        }
        return points.length > 1 ? points : [Qt.point(-999, -9), Qt.point(-999, -8)];
    }

    function band() {
        const xs = graph.x ?? [];
        const low = graph.low ?? [], high = graph.high ?? [];
        const points = [];
        for (let i = 0; i < xs.length; i++)
            points.push(Qt.point(xs[i] * plot.width, (1 - high[i]) * plot.height));
        for (let i = xs.length - 1; i >= 0; i--)
            points.push(Qt.point(xs[i] * plot.width, (1 - low[i]) * plot.height));
        return points.length > 3 ? points : [Qt.point(-999, -9), Qt.point(-999, -8)];
    }

    component Curve: ShapePath {
        id: curve
        property var points: []
        strokeWidth: 2
        fillColor: "transparent"
        joinStyle: ShapePath.RoundJoin
        PathPolyline {
            path: curve.points
        }
    }
    component Legend: Row {
        id: legend
        property color tint
        property string name
        spacing: 6
        Rectangle {
            anchors.verticalCenter: parent.verticalCenter
            width: 14
            height: 3
            radius: 1
            color: legend.tint
        }
        Text {
            text: legend.name
            color: Theme.textSecond
            font.family: Theme.family
            font.pixelSize: Theme.small
        }
    }

    Column {
        id: column
        x: 18
        y: 16
        width: parent.width - 36
        spacing: 5
        Item {
            width: parent.width
            height: 32
            Text {
                anchors.verticalCenter: parent.verticalCenter
                text: "Statistics"
                color: Theme.text
                font.family: Theme.family
                font.pixelSize: Theme.body
                font.weight: Font.Bold
            }
            Row {
                anchors.right: parent.right
                anchors.rightMargin: -8
                anchors.verticalCenter: parent.verticalCenter
                IconButton {
                    objectName: "copyStats"
                    iconName: "copy"
                    iconSize: 18
                    text: "Copy statistics"
                    onClicked: root.shell.act("copy-stats")
                }
                IconButton {
                    objectName: "closeStats"
                    iconName: "close"
                    iconSize: 18
                    text: "Close statistics"
                    keyHint: "I"
                    onClicked: root.shell.act("toggle-stats")
                }
            }
        }
        Repeater {
            model: root.player.statRows
            Row {
                id: row
                required property string label
                required property string value
                required property string meaning
                Accessible.role: Accessible.StaticText
                Accessible.name: label + ": " + value
                Accessible.description: meaning
                Text {
                    width: 104
                    text: row.label
                    color: Theme.textThird
                    font.family: Theme.family
                    font.pixelSize: Theme.small
                }
                Text {
                    width: column.width - 104
                    text: row.value
                    color: Theme.text
                    wrapMode: Text.Wrap
                    font.family: Theme.family
                    font.pixelSize: Theme.small
                    font.features: ({
                            "tnum": 1
                        })
                }
            }
        }
        Item {
            width: 1
            height: 4
        }
        Rectangle {
            id: plot
            width: parent.width
            height: 120
            color: Qt.rgba(1, 1, 1, 0.05)
            radius: 6
            clip: true
            Repeater {
                model: root.graph.stalled ?? []
                Rectangle {
                    required property int index
                    required property var modelData
                    x: (root.graph.x[index] ?? 0) * plot.width - width
                    width: Math.max(2, plot.width / 200)
                    height: plot.height
                    color: Theme.bad
                    opacity: 0.45
                    visible: modelData > 0
                }
            }
            Shape {
                anchors.fill: parent
                // What the next transfers may be, 8 times in 10.
                Curve {
                    strokeWidth: -1
                    fillColor: Qt.rgba(Theme.accent.r, Theme.accent.g, Theme.accent.b, 0.22)
                    points: root.band()
                }
                Curve {
                    strokeColor: Theme.info
                    points: root.line(root.graph.buffer)
                }
                Curve {
                    strokeColor: Theme.warn
                    points: root.line(root.graph.rung, true)
                }
                Curve {
                    strokeColor: Theme.accent
                    points: root.line(root.graph.throughput)
                }
            }
            Text {
                x: 8
                y: 6
                text: root.graph.top ?? ""
                color: Theme.textThird
                font.family: Theme.family
                font.pixelSize: Theme.small
            }
        }
        Item {
            width: 1
            height: 2
        }
        Row {
            spacing: 18
            Legend {
                tint: Theme.accent
                name: "throughput"
            }
            Legend {
                tint: Qt.rgba(Theme.accent.r, Theme.accent.g, Theme.accent.b, 0.4)
                name: "forecast"
            }
            Legend {
                tint: Theme.warn
                name: "rung"
            }
            Legend {
                tint: Theme.info
                name: "buffer"
            }
            Legend {
                tint: Theme.bad
                name: "stall"
            }
        }
    }
}
