//! QR codes (ISO/IEC 18004) as SVG, drawn without a script and sharp at any size of paper.

use std::fmt::Write as _;

use corridor_base::{ErrorCode, Problem, Result};
use qrcodegen::{QrCode, QrCodeEcc};

/// The white border that readers need, in modules (ISO/IEC 18004, 9.1).
const QUIET: i32 = 4;

/// One code with these bytes, at the lowest level of error correction: what is printed on a page of its
/// own needs room more than it needs repair.
///
/// # Errors
/// `too-large` when a code does not hold them.
pub fn svg(bytes: &[u8], title: &str) -> Result<String> {
    let code = QrCode::encode_binary(bytes, QrCodeEcc::Low)
        .map_err(|e| Problem::new(ErrorCode::TooLarge).with("what", "QR code").with("limit", e))?;
    let size = code.size();
    let side = size + 2 * QUIET;
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let from = x;
            while x < size && code.get_module(x, y) {
                x += 1;
            }
            if x > from {
                // Writing to a string does not fail.
                let _ = write!(path, "M{} {}h{}v1h-{}z", from + QUIET, y + QUIET, x - from, x - from);
            }
            x += 1;
        }
    }
    Ok(format!(
        "<svg role=\"img\" aria-label=\"{title}\" viewBox=\"0 0 {side} {side}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Draws the path of the SVG and reads the code back with another's decoder.
    pub(in crate::receipt) fn decoded(svg: &str) -> Vec<u8> {
        let side: usize =
            svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let path = svg.split("<path d=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut dark = vec![false; side * side];
        for run in path.split('M').filter(|r| !r.is_empty()) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let length: usize = rest.split_once('v').unwrap().0.parse().unwrap();
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            dark[y * side + x..y * side + x + length].fill(true);
        }
        let scale = 4;
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(side * scale, side * scale, |x, y| {
            if dark[y / scale * side + x / scale] { 0 } else { 255 }
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        let mut out = Vec::new();
        grids[0].decode_to(&mut out).unwrap();
        out
    }

    #[test]
    fn a_code_is_read_back_by_another_s_decoder() {
        let check =
            |bytes: &[u8]| assert!(decoded(&svg(bytes, "code").unwrap()) == bytes, "{} bytes", bytes.len());
        check(b"c2sp.org/tlog-proof@v1\n");
        check("\u{2014} example.jp/log".as_bytes());
        let long: Vec<u8> = (0..2953u32).map(|n| (n * 31 % 251) as u8).collect();
        check(&long[..1200]);
        check(&long);
        assert!(svg(&[0; 2954], "code").is_err());
    }
}
