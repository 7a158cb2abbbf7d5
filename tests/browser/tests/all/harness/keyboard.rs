//! The keyboard alone: Tab, Shift+Tab, Enter, letters.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use serde_json::{Value, json};

use super::Browser;

const TAB: char = '\u{E004}';
const ENTER: char = '\u{E007}';
const SHIFT: char = '\u{E008}';
const DOWN: char = '\u{E015}';

/// Where the focus is: what stands on it, whether it shows, and whether it comes after the last one in the document.
const FOCUSED: &str = "
    const at = document.activeElement;
    const label = at.labels && at.labels[0];
    const style = getComputedStyle(at);
    const box = at.getBoundingClientRect();
    const before = window.lastFocused;
    window.lastFocused = at;
    return {
        name: (label || at).innerText.replace(/\\s+/g, ' ').trim(),
        nowhere: at === document.body,
        shows: at.matches(':focus-visible') && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
            && box.width > 0 && box.height > 0
            && box.left < innerWidth && box.right > 0 && box.top < innerHeight && box.bottom > 0,
        forward: !before || !!(before.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING),
    };";

impl Browser {
    /// Presses Tab until the focus is on what has this label or text. On the way the focus always shows and only goes
    /// forward.
    pub async fn tab_to(&self, written: &str) {
        let mut seen = vec![];
        for presses in 0..40 {
            let focus = self.run(FOCUSED, vec![]).await;
            let nowhere = focus["nowhere"] == json!(true);
            if !nowhere {
                assert_eq!(focus["shows"], json!(true), "the focus does not show: {focus}");
            }
            if focus["name"] == json!(written) && !nowhere {
                return;
            }
            assert!(presses == 0 || focus["forward"] == json!(true), "the focus jumps back to {focus} from {seen:?}");
            seen.push(focus["name"].clone());
            self.press(&[TAB]).await;
        }
        panic!("Tab never comes to {written:?}: {seen:?}");
    }

    /// Presses Shift+Tab once, and says where that leads.
    pub async fn back_tab(&self) -> Value {
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value: SHIFT })
            .then(KeyAction::Down { value: TAB })
            .then(KeyAction::Up { value: TAB })
            .then(KeyAction::Up { value: SHIFT });
        self.client.perform_actions(keys).await.unwrap();
        self.run(FOCUSED, vec![]).await["name"].clone()
    }

    pub async fn enter(&self) {
        self.press(&[ENTER]).await;
    }

    pub async fn down(&self) {
        self.press(&[DOWN]).await;
    }

    pub async fn type_in(&self, text: &str) {
        let keys: Vec<char> = text.chars().collect();
        self.press(&keys).await;
    }

    async fn press(&self, keys: &[char]) {
        let pressed = keys.iter().fold(KeyActions::new("keyboard".to_owned()), |actions, &value| {
            actions.then(KeyAction::Down { value }).then(KeyAction::Up { value })
        });
        self.client.perform_actions(pressed).await.unwrap();
    }
}
