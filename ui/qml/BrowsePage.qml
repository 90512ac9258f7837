import QtQuick

// A heading and a grid of cards: what was found, put aside or watched.
FocusScope {
    id: root

    required property var shell
    required property TopBar topBar
    readonly property var browsing: shell.browsing
    readonly property real gutter: Theme.gutter(width)

    // What is to have the focus may not be there yet: then it gets it when it comes.
    property bool waitsForFocus: false

    function takeFocus() {
        waitsForFocus = false;
        if (browsing.error !== "")
            problem.button.forceActiveFocus();
        else if (browsing.empty)
            nothing.button.forceActiveFocus();
        else if (grid.count > 0) {
            if (grid.currentIndex < 0)
                grid.currentIndex = 0;
            grid.forceActiveFocus();
        } else
            waitsForFocus = true;
    }
    Connections {
        target: root.browsing
        function onChanged() {
            if (root.waitsForFocus && root.enabled)
                Qt.callLater(root.takeFocus);
        }
    }
    Text {
        id: heading
        x: root.gutter
        y: 84
        text: root.browsing.heading
        color: Theme.text
        font.family: Theme.family
        font.pixelSize: Theme.heading
        font.weight: Font.Bold
        Accessible.role: Accessible.Heading
        Accessible.name: text
    }
    GridView {
        id: grid

        readonly property int columns: Math.max(2, Math.floor((root.width - 2 * root.gutter + 16) / 186))

        objectName: "browseGrid"
        anchors.fill: parent
        anchors.topMargin: 132
        anchors.leftMargin: root.gutter
        anchors.rightMargin: root.gutter - 16
        visible: root.browsing.error === "" && !root.browsing.empty
        clip: true
        topMargin: 8
        bottomMargin: 24
        cellWidth: Math.floor(width / columns)
        cellHeight: Math.round((cellWidth - 16) * 1.5) + 76
        model: root.browsing.cards
        cacheBuffer: 1500
        boundsBehavior: Flickable.StopAtBounds
        keyNavigationEnabled: true
        currentIndex: -1
        focus: true
        Accessible.role: Accessible.List
        Accessible.name: root.browsing.heading
        delegate: Card {
            id: card
            width: grid.cellWidth - 16
            height: grid.cellHeight - 16
            stills: false
            current: grid.activeFocus && GridView.isCurrentItem
            onChosen: {
                grid.currentIndex = card.index;
                root.shell.play(card.model.id, card.model.resume_s);
            }
            onAsked: {
                grid.currentIndex = card.index;
                root.shell.details.open(card.model.id);
            }
        }
        Keys.onReturnPressed: if (currentItem)
            (currentItem as Card).chosen()
        Keys.onEnterPressed: if (currentItem)
            (currentItem as Card).chosen()
        Keys.onSpacePressed: if (currentItem)
            (currentItem as Card).chosen()
        Keys.onPressed: event => {
            if (event.key === Qt.Key_I && currentItem) {
                (currentItem as Card).asked();
                event.accepted = true;
            } else if (event.key === Qt.Key_Up && currentIndex < columns) {
                root.topBar.takeFocus();
                event.accepted = true;
            } else if (event.key === Qt.Key_Delete && currentItem && root.browsing.section === "history") {
                root.browsing.forget((currentItem as Card).model.id);
                event.accepted = true;
            }
        }
    }
    Text {
        anchors.right: parent.right
        anchors.rightMargin: root.gutter
        anchors.baseline: heading.baseline
        visible: grid.visible && grid.count > 0
        text: root.browsing.section === "history" ? "Enter plays, I tells more, Delete forgets" : "Enter plays, I tells more"
        color: Theme.textThird
        font.family: Theme.family
        font.pixelSize: Theme.small
    }
    Text {
        anchors.centerIn: parent
        visible: root.browsing.section === "search" && root.browsing.query.trim() === ""
        text: "Type a name, a genre, or any word of a description."
        color: Theme.textSecond
        font.family: Theme.family
        font.pixelSize: Theme.body
    }
    Spinner {
        anchors.centerIn: parent
        visible: root.browsing.waiting
    }
    StateCard {
        id: nothing
        objectName: "browseEmpty"
        anchors.centerIn: parent
        visible: root.browsing.empty
        iconName: root.browsing.section === "search" ? "search" : root.browsing.section === "list" ? "list" : "history"
        tint: Theme.textSecond
        heading: root.browsing.emptyHeading
        message: root.browsing.emptyText
        action: "To the home page"
        onActed: root.shell.goHome()
    }
    StateCard {
        id: problem
        objectName: "browseProblem"
        anchors.centerIn: parent
        visible: root.browsing.error !== ""
        iconName: "offline"
        heading: "That did not work"
        message: root.browsing.error
        action: "Try again"
        onActed: root.browsing.reload()
    }
}
