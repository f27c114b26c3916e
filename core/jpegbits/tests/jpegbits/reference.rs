//! What libjpeg-turbo makes of a picture.

use mutoscope_jpegbits::{Decoder, Error, Header, Plane, Scale};
use turbojpeg::{Decompressor, ScalingFactor, Subsamp, YuvImage};

/// A plane without gaps between its lines.
#[derive(Clone, PartialEq, Eq)]
pub struct Samples {
    pub width: usize,
    pub height: usize,
    pub samples: Vec<u8>,
}

impl std::fmt::Debug for Samples {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}x{}", self.width, self.height)?;
        self.samples.chunks(self.width).try_for_each(|line| writeln!(f, "{line:02x?}"))
    }
}

/// Decodes into planes with room behind each line and below the last one, and looks that nothing is written there.
pub fn decode(decoder: &mut Decoder, jpeg: &[u8], scale: Scale) -> Result<Vec<Samples>, Error> {
    const GAP: usize = 3;
    let header = Header::read(jpeg)?;
    let sizes: Vec<_> = (0..header.components().len()).map(|index| header.plane_size(index, scale)).collect();
    let mut memory: Vec<_> = sizes.iter().map(|(w, h)| vec![0xa5; (w + GAP) * (h + 1)]).collect();
    let mut planes: Vec<_> = memory
        .iter_mut()
        .zip(&sizes)
        .map(|(samples, (width, _))| Plane { samples, stride: width + GAP })
        .collect();
    let decoded = decoder.decode(jpeg, scale, &mut planes);
    let samples = memory.iter().zip(sizes).map(|(memory, (width, height))| {
        let lines = memory.chunks(width + GAP);
        assert!(lines.clone().all(|line| line[width..] == [0xa5; GAP]));
        assert!(lines.clone().skip(height).flatten().all(|byte| *byte == 0xa5));
        Samples {
            width,
            height,
            samples: lines.take(height).flat_map(|line| &line[..width]).copied().collect(),
        }
    });
    let samples = samples.collect();
    decoded.map(|decoded| {
        assert_eq!(decoded, header);
        samples
    })
}

/// Decodes with libjpeg-turbo. Scaled samples that reach past the edge are made from its whole picture.
pub fn expected(turbo: &mut Decompressor, jpeg: &[u8], scale: Scale) -> turbojpeg::Result<Vec<Samples>> {
    let mut planes = turbo_planes(turbo, jpeg, scale)?;
    if scale == Scale::Full {
        return Ok(planes);
    }
    let n = scale.denominator();
    let whole = turbo_planes(turbo, jpeg, Scale::Full)?;
    for (plane, whole) in planes.iter_mut().zip(&whole) {
        for y in 0..plane.height {
            for x in 0..plane.width {
                let columns = x * n..((x + 1) * n).min(whole.width);
                let lines = y * n..((y + 1) * n).min(whole.height);
                let count = columns.len() * lines.len();
                if count < n * n {
                    let inside = lines.flat_map(|y| columns.clone().map(move |x| y * whole.width + x));
                    let sum: usize = inside.map(|at| usize::from(whole.samples[at])).sum();
                    plane.samples[y * plane.width + x] = ((sum + count / 2) / count) as u8;
                }
            }
        }
    }
    Ok(planes)
}

fn turbo_planes(turbo: &mut Decompressor, jpeg: &[u8], scale: Scale) -> turbojpeg::Result<Vec<Samples>> {
    let header = turbo.read_header(jpeg)?;
    turbo.set_scaling_factor(ScalingFactor::new(1, scale.denominator()))?;
    let subsamp = header.subsamp;
    let (h, v) = match subsamp {
        Subsamp::None | Subsamp::Gray => (1, 1),
        Subsamp::Sub2x1 => (2, 1),
        Subsamp::Sub1x2 => (1, 2),
        Subsamp::Sub2x2 => (2, 2),
        Subsamp::Sub4x1 => (4, 1),
        Subsamp::Sub1x4 => (1, 4),
        other => panic!("{other:?}"),
    };
    let scaled = |side: usize| side.div_ceil(scale.denominator());
    let (width, height) = (scaled(header.width), scaled(header.height));
    let mut pixels = vec![0; turbojpeg::yuv_pixels_len(width, 1, height, subsamp)?];
    turbo.decompress_to_yuv(jpeg, YuvImage { pixels: &mut pixels[..], width, align: 1, height, subsamp })?;
    let (padded_width, padded_height) = (width.next_multiple_of(h), height.next_multiple_of(v));
    let mut rest = &pixels[..];
    let mut planes = Vec::new();
    for index in 0..if subsamp == Subsamp::Gray { 1 } else { 3 } {
        let (across, down) =
            if index == 0 { (padded_width, padded_height) } else { (padded_width / h, padded_height / v) };
        let (plane, behind) = rest.split_at(across * down);
        rest = behind;
        // Luma is padded to whole samples of chroma.
        let (width, height) = if index == 0 { (width, height) } else { (across, down) };
        let samples = plane.chunks(across).take(height).flat_map(|line| &line[..width]).copied().collect();
        planes.push(Samples { width, height, samples });
    }
    assert!(rest.is_empty());
    Ok(planes)
}
