//! What the pictures on a page say, read by a QR decoder that the pages know nothing of.

use std::io::Cursor;

use fantoccini::Locator;
use rqrr::PreparedImage;

use super::Browser;

impl Browser {
    /// What the QR codes in the picture of this element say, as a camera before the screen would read them; nothing when
    /// the element is not there.
    pub async fn decoded(&self, selector: &str) -> Vec<String> {
        let Ok(element) = self.client.find(Locator::Css(selector)).await else { return vec![] };
        element.screenshot().await.map(|png| read(&png)).unwrap_or_default()
    }
}

fn read(png: &[u8]) -> Vec<String> {
    let mut decoder = png::Decoder::new(Cursor::new(png)).read_info().unwrap();
    let mut bytes = vec![0; decoder.output_buffer_size().unwrap()];
    let picture = decoder.next_frame(&mut bytes).unwrap();
    let (width, height) = (picture.width as usize, picture.height as usize);
    let samples = picture.color_type.samples();
    // Black on white is the same in every channel; the first is enough.
    let mut grey =
        PreparedImage::prepare_from_greyscale(width, height, |x, y| bytes[y * picture.line_size + x * samples]);
    grey.detect_grids().iter().filter_map(|grid| Some(grid.decode().ok()?.1)).collect()
}
