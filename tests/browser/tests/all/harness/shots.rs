//! Pictures of pages, for the documentation and for people who look at them.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::Browser;
use super::chromium::{DESKTOP, PHONE, PHONE_HALVES};

/// A picture is for looking at in a repository, not for print. Ours have 150 kB at most; other fonts take a little more.
const MOST_BYTES: usize = 200_000;

impl Browser {
    /// Takes a picture of the whole page. It is written to `SCREENSHOTS/{desktop,phone}/{name}.png`, relative to the
    /// workspace, when that variable is set.
    pub async fn shot(&self, name: &str) {
        let (kind, (width, height), halves) =
            if self.wish.phone { ("phone", PHONE, PHONE_HALVES) } else { ("desktop", DESKTOP, 2) };
        let page = self.run("return document.documentElement.scrollHeight;", vec![]).await.as_u64().unwrap();
        let tall = page.max(height.into());
        let clip = json!({"x": 0, "y": 0, "width": width, "height": tall, "scale": 1});
        let wanted = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let taken = self.debug("Page.captureScreenshot", wanted).await;
        let png = STANDARD.decode(taken["data"].as_str().unwrap()).unwrap();
        // Width and height are the first two words of a PNG's header, which comes first (RFC 2083 §4.1.1).
        let word = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        let pixels = (word(16) * 2, u64::from(word(20)) * 2 / u64::from(halves));
        assert_eq!(pixels, (width * halves, tall), "{name}");
        assert!(png.len() <= MOST_BYTES, "{kind}/{name}.png has {} bytes", png.len());
        if let Some(to) = std::env::var_os("SCREENSHOTS") {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(to).join(kind);
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(directory.join(format!("{name}.png")), png).unwrap();
        }
    }
}
