import QtQuick
import QtQuick.Shapes

// A turning ring: playback waits.
Item {
    id: root

    property color tint: Theme.accent

    width: 56
    height: 56
    Shape {
        anchors.fill: parent
        ShapePath {
            strokeColor: Qt.rgba(1, 1, 1, 0.2)
            strokeWidth: 4
            fillColor: "transparent"
            PathAngleArc {
                centerX: 28
                centerY: 28
                radiusX: 25
                radiusY: 25
                startAngle: 0
                sweepAngle: 360
            }
        }
    }
    Shape {
        anchors.fill: parent
        ShapePath {
            strokeColor: root.tint
            strokeWidth: 4
            fillColor: "transparent"
            capStyle: ShapePath.RoundCap
            PathAngleArc {
                centerX: 28
                centerY: 28
                radiusX: 25
                radiusY: 25
                startAngle: -90
                sweepAngle: 90
            }
        }
        RotationAnimation on rotation {
            from: 0
            to: 360
            duration: 1100
            loops: Animation.Infinite
            running: root.visible
        }
    }
}
