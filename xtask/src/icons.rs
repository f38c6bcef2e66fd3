//! The icons of the page, from one table of circles: an SVG, and two PNGs for the systems that take
//! no SVG.

use std::fs;
use std::path::Path;

use miniz_oxide::deflate::compress_to_vec_zlib;

use crate::Result;

/// The side of the picture, in units.
const SIDE: f64 = 512.0;

const BACKGROUND: [u8; 3] = [0x1b, 0x1e, 0x25];
const LINE: [u8; 3] = [0x6d, 0x75, 0x85];
const NODE: [u8; 3] = [0xd5, 0xd9, 0xe2];
const SUN: [u8; 3] = [0xf2, 0xae, 0x30];

/// The sides of the PNGs, in pixels.
const PNG_SIDES: [u32; 2] = [192, 512];

/// A circle; a ring is a circle with a smaller one of the background over it.
struct Circle {
    x: f64,
    y: f64,
    radius: f64,
    colour: [u8; 3],
}

/// A sun, and five nodes on a ring around it. All is within the circle that a system may cut out.
fn picture() -> Vec<Circle> {
    let centre = SIDE / 2.0;
    let at = |radius, colour| Circle { x: centre, y: centre, radius, colour };
    let mut circles = vec![at(153.0, LINE), at(145.0, BACKGROUND), at(76.0, SUN)];
    circles.extend((0..5).map(|node| {
        let angle = f64::from(node) * std::f64::consts::TAU / 5.0;
        let (x, y) = (centre + 149.0 * angle.sin(), centre - 149.0 * angle.cos());
        Circle { x, y, radius: 36.0, colour: if node == 0 { SUN } else { NODE } }
    }));
    circles
}

/// Writes the icons into the folder of a page.
pub(crate) fn write(page: &Path) -> Result<()> {
    fs::write(page.join("icon.svg"), svg())?;
    for side in PNG_SIDES {
        fs::write(page.join(format!("icon-{side}.png")), png(side))?;
    }
    Ok(())
}

fn svg() -> String {
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SIDE} {SIDE}\">\
         <rect width=\"{SIDE}\" height=\"{SIDE}\" fill=\"{}\"/>",
        hex(BACKGROUND)
    );
    for Circle { x, y, radius, colour } in picture() {
        text += &format!(
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" fill=\"{}\"/>",
            hex(colour)
        );
    }
    text + "</svg>\n"
}

fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The picture as a PNG: each row begins with the filter 0, which is none.
fn png(side: u32) -> Vec<u8> {
    let circles = picture();
    let mut rows = Vec::new();
    for y in 0..side {
        rows.push(0);
        rows.extend((0..side).flat_map(|x| pixel(&circles, x, y, SIDE / f64::from(side))));
    }
    let mut header = Vec::new();
    header.extend(side.to_be_bytes());
    header.extend(side.to_be_bytes());
    // Eight bits a channel, and three channels.
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let chunks: [(&[u8; 4], &[u8]); 3] =
        [(b"IHDR", &header), (b"IDAT", &compress_to_vec_zlib(&rows, 9)), (b"IEND", &[])];
    for (kind, data) in chunks {
        file.extend((data.len() as u32).to_be_bytes());
        let begin = file.len();
        file.extend(kind);
        file.extend(data);
        let checksum = crc32fast::hash(&file[begin..]);
        file.extend(checksum.to_be_bytes());
    }
    file
}

/// The colour of a pixel of `scale` units. An edge covers a part of it.
fn pixel(circles: &[Circle], x: u32, y: u32, scale: f64) -> [u8; 3] {
    let (x, y) = ((f64::from(x) + 0.5) * scale, (f64::from(y) + 0.5) * scale);
    circles.iter().fold(BACKGROUND, |below, circle| {
        let distance = (x - circle.x).hypot(y - circle.y);
        let cover = ((circle.radius - distance) / scale + 0.5).clamp(0.0, 1.0);
        let mixed = |at: usize| {
            let (above, below) = (f64::from(circle.colour[at]), f64::from(below[at]));
            (below + (above - below) * cover).round() as u8
        };
        [mixed(0), mixed(1), mixed(2)]
    })
}

#[cfg(test)]
mod tests {
    use super::{BACKGROUND, SIDE, SUN, picture, pixel, png};

    #[test]
    fn the_picture_is_within_what_every_system_shows() {
        for circle in picture() {
            let centre = SIDE / 2.0;
            let edge = (circle.x - centre).hypot(circle.y - centre) + circle.radius;
            assert!(edge <= SIDE * 0.4, "{edge}");
        }
    }

    #[test]
    fn a_png_has_the_picture() {
        assert_eq!(pixel(&picture(), 96, 96, SIDE / 192.0), SUN);
        assert_eq!(pixel(&picture(), 0, 0, SIDE / 192.0), BACKGROUND);
        let file = png(192);
        assert!(file.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\xc0\0\0\0\xc0\x08\x02"));
        assert!(file.ends_with(b"IEND\xae\x42\x60\x82"));
    }
}
