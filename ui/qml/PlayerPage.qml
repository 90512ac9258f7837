import QtQuick

// The film in full size; everything else fades away when nobody needs it.
FocusScope {
    id: root

    required property var shell
    readonly property var player: shell.player
    readonly property var view: player.state
    readonly property bool stays: view.paused || view.menu !== "" || bar.dragging || barPointer.hovered || view.failed || focusInBar
    readonly property bool controls: awake || stays
    readonly property bool waitingShown: view.waiting && !view.failed && waited
    property bool awake: true
    property bool waited: false
    property bool focusInBar: false

    function wake() {
        awake = true;
        idle.restart();
    }
    function takeFocus() {
        root.focusInBar = false;
        catcher.forceActiveFocus();
        wake();
    }

    onViewChanged: if (!view.waiting)
        waited = false
    Timer {
        id: idle
        interval: 2500
        onTriggered: root.awake = false
    }
    Timer {
        interval: 400
        running: root.view.waiting && !root.waited
        onTriggered: root.waited = true
    }

    Rectangle {
        anchors.fill: parent
        color: "#000000"
    }
    Item {
        objectName: "videoHost"
        anchors.fill: parent
        Accessible.role: Accessible.Graphic
        Accessible.name: "Film: " + root.view.title
    }
    Image {
        anchors.fill: parent
        source: root.view.still
        asynchronous: true
        fillMode: Image.PreserveAspectCrop
        opacity: root.view.status === "opening" && status === Image.Ready ? 0.35 : 0
        visible: opacity > 0
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.pageMs
            }
        }
    }
    Item {
        id: catcher
        anchors.fill: parent
        focus: true
        Keys.onTabPressed: {
            root.wake();
            root.focusInBar = true;
            bar.takeFocus();
        }
        Keys.onPressed: event => {
            root.wake();
            if (event.key === Qt.Key_Return || event.key === Qt.Key_Enter)
                root.shell.act("toggle-pause");
        }
    }
    MouseArea {
        anchors.fill: parent
        hoverEnabled: true
        cursorShape: root.controls ? Qt.ArrowCursor : Qt.BlankCursor
        onPositionChanged: root.wake()
        onClicked: {
            if (root.view.menu !== "")
                root.player.openMenu("");
            else
                root.shell.act("toggle-pause");
            root.takeFocus();
        }
        onDoubleClicked: {
            root.shell.act("toggle-pause");
            root.shell.act("toggle-full-screen");
        }
        onWheel: wheel => {
            root.wake();
            root.shell.act("volume-step", wheel.angleDelta.y > 0 ? 5 : -5);
        }
    }
    Column {
        anchors.centerIn: parent
        spacing: 16
        opacity: root.waitingShown ? 1 : 0
        visible: opacity > 0
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.hoverMs
            }
        }
        Spinner {
            anchors.horizontalCenter: parent.horizontalCenter
        }
        Text {
            objectName: "waitingText"
            anchors.horizontalCenter: parent.horizontalCenter
            text: root.view.waiting_text
            color: Theme.text
            style: Text.Outline
            styleColor: "#800B0D12"
            font.family: Theme.family
            font.pixelSize: Theme.body
            font.weight: Font.DemiBold
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
        PillButton {
            objectName: "lowerQuality"
            anchors.horizontalCenter: parent.horizontalCenter
            visible: root.view.status === "stalled" && root.view.can_lower
            text: "Lower quality"
            onClicked: root.shell.act("lower-quality")
        }
    }
    Item {
        id: overlay
        anchors.fill: parent
        opacity: root.controls ? 1 : 0
        visible: opacity > 0
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.focusMs
            }
        }
        Rectangle {
            width: parent.width
            height: 140
            gradient: Gradient {
                GradientStop {
                    position: 0
                    color: "#CC0B0D12"
                }
                GradientStop {
                    position: 1
                    color: "#000B0D12"
                }
            }
        }
        Row {
            x: bar.gutter - 10
            y: 20
            spacing: 8
            IconButton {
                objectName: "backButton"
                iconName: "back"
                text: "Back to browsing"
                keyHint: "Esc"
                onClicked: root.shell.back()
            }
            Column {
                anchors.verticalCenter: parent.verticalCenter
                spacing: 3
                Text {
                    objectName: "titleText"
                    text: root.view.title
                    color: Theme.text
                    font.family: Theme.family
                    font.pixelSize: Theme.title
                    font.weight: Font.Bold
                }
                Text {
                    text: root.view.meta
                    visible: text !== ""
                    color: Theme.textSecond
                    font.family: Theme.family
                    font.pixelSize: Theme.small
                }
            }
        }
        ControlBar {
            id: bar
            objectName: "controlBar"
            shell: root.shell
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: parent.bottom
            onActiveFocusChanged: root.focusInBar = activeFocus
            Keys.onEscapePressed: root.takeFocus()
            HoverHandler {
                id: barPointer
                onPointChanged: root.wake()
            }
        }
        ChoiceMenu {
            objectName: "choiceMenu"
            player: root.player
            anchors.right: parent.right
            anchors.rightMargin: bar.gutter
            anchors.bottom: parent.bottom
            anchors.bottomMargin: 132
            onOpenChanged: if (!open)
                root.takeFocus()
        }
    }
    StatsPanel {
        x: bar.gutter
        y: 96
        shell: root.shell
        visible: root.view.stats_open
    }
    Rectangle {
        objectName: "problemBanner"
        anchors.horizontalCenter: parent.horizontalCenter
        y: 24
        visible: root.view.problem_title !== "" && !root.view.failed
        width: Math.min(problem.implicitWidth + 40, parent.width - 400)
        height: problem.implicitHeight + 24
        radius: Theme.radius
        color: "#F212151D"
        border.color: Theme.warn
        Accessible.role: Accessible.AlertMessage
        Accessible.name: problem.text
        Text {
            id: problem
            anchors.centerIn: parent
            width: Math.min(implicitWidth, root.width - 440)
            text: root.view.problem_title + (root.view.problem_text === "" ? "" : "\n" + root.view.problem_text)
            color: Theme.text
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignHCenter
            lineHeight: 1.3
            font.family: Theme.family
            font.pixelSize: Theme.small
        }
    }
    StateCard {
        objectName: "failedCard"
        anchors.centerIn: parent
        visible: root.view.failed
        tint: Theme.bad
        heading: root.view.problem_title !== "" ? root.view.problem_title : "This film stopped playing"
        message: root.view.problem_text
        code: root.view.problem_code
        action: "Back to browsing"
        secondAction: "Copy details"
        onActed: root.shell.back()
        onSecondActed: root.shell.act("copy-stats")
        onVisibleChanged: if (visible)
            button.forceActiveFocus()
    }
    Rectangle {
        id: toast
        property string words: ""
        objectName: "toast"
        anchors.horizontalCenter: parent.horizontalCenter
        y: parent.height * 0.16
        width: toastText.implicitWidth + 40
        height: 44
        radius: 22
        color: "#E612151D"
        opacity: toastTimer.running ? 1 : 0
        visible: opacity > 0
        Accessible.role: Accessible.StaticText
        Accessible.name: words
        Behavior on opacity {
            NumberAnimation {
                duration: Theme.focusMs
            }
        }
        Text {
            id: toastText
            anchors.centerIn: parent
            text: toast.words
            color: Theme.text
            font.family: Theme.family
            font.pixelSize: Theme.body
            font.weight: Font.DemiBold
        }
        Timer {
            id: toastTimer
            interval: 1800
        }
    }
    Connections {
        target: root.player
        function onSaid(words: string) {
            toast.words = words;
            toastTimer.restart();
        }
    }
}
