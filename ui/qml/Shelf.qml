import QtQuick

// A row of cards that remembers its column. The cut card says that there is more.
FocusScope {
    id: root

    required property string title
    required property bool stills
    required property QtObject cards
    property real gutter: 48
    signal play(string titleId, real startAt)
    signal more(string titleId)

    readonly property real cardWidth: Math.max(120, (width - gutter) / (stills ? 4.3 : 7.3) - 16)
    readonly property real cardHeight: cardWidth * (stills ? 9 / 16 : 3 / 2)

    height: 40 + cardHeight + 52 + 28

    function takeFocus() {
        list.forceActiveFocus();
    }

    Text {
        x: root.gutter
        text: root.title
        color: Theme.text
        font.family: Theme.family
        font.pixelSize: Theme.title
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
        Accessible.name: text
    }
    ListView {
        id: list
        objectName: "shelfList"
        y: 40
        width: parent.width
        height: root.cardHeight + 56
        focus: true
        orientation: ListView.Horizontal
        spacing: 16
        leftMargin: root.gutter
        rightMargin: root.gutter
        model: root.cards
        cacheBuffer: 2000
        boundsBehavior: Flickable.StopAtBounds
        highlightMoveDuration: Theme.focusMs
        preferredHighlightBegin: 0
        preferredHighlightEnd: width - root.cardWidth - root.gutter
        highlightRangeMode: ListView.ApplyRange
        Accessible.role: Accessible.List
        Accessible.name: root.title
        delegate: Card {
            id: card
            width: root.cardWidth
            height: root.cardHeight + 52
            stills: root.stills
            current: list.activeFocus && ListView.isCurrentItem
            onChosen: {
                list.currentIndex = card.index;
                list.forceActiveFocus();
                root.play(card.model.id, card.model.resume_s);
            }
            onAsked: {
                list.currentIndex = card.index;
                list.forceActiveFocus();
                root.more(card.model.id);
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
            }
        }
    }
}
