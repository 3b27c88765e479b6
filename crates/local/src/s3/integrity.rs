//! The digests of a body on its way in: the MD5 that becomes the entity tag, and the checksums that
//! the client declares.

use std::io::{self, Read};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use s3s::{
    S3Result, TrailingHeaders,
    checksum::ChecksumHasher,
    crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Md5, Sha1, Sha256},
    s3_error,
};

/// The headers (or trailers) that declare a checksum, in base64.
const CHECKSUMS: [&str; 5] = [
    "x-amz-checksum-crc32",
    "x-amz-checksum-crc32c",
    "x-amz-checksum-crc64nvme",
    "x-amz-checksum-sha1",
    "x-amz-checksum-sha256",
];

/// Takes a body piece by piece.
pub(super) struct Digests {
    md5: Md5,
    checksums: ChecksumHasher,
}

impl Digests {
    /// Computes what `headers` declare, in themselves or as trailers to come.
    pub(super) fn declared_by(headers: &HeaderMap) -> Self {
        let mut checksums = ChecksumHasher::default();
        for name in CHECKSUMS {
            let in_trailer = headers
                .get_all("x-amz-trailer")
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .any(|trailer| trailer.trim().eq_ignore_ascii_case(name));
            if !in_trailer && !headers.contains_key(name) {
                continue;
            }
            match name {
                "x-amz-checksum-crc32" => checksums.crc32 = Some(Crc32::new()),
                "x-amz-checksum-crc32c" => checksums.crc32c = Some(Crc32c::new()),
                "x-amz-checksum-crc64nvme" => checksums.crc64nvme = Some(Crc64Nvme::new()),
                "x-amz-checksum-sha1" => checksums.sha1 = Some(Sha1::new()),
                _ => checksums.sha256 = Some(Sha256::new()),
            }
        }
        Self { md5: Md5::new(), checksums }
    }

    /// The next piece of the body.
    pub(super) fn update(&mut self, piece: &[u8]) {
        self.md5.update(piece);
        self.checksums.update(piece);
    }

    /// The MD5, once all that was declared is found true.
    ///
    /// # Errors
    /// `BadDigest` naming the header that disagrees.
    pub(super) fn finish(
        self,
        headers: &HeaderMap,
        trailers: Option<TrailingHeaders>,
    ) -> S3Result<[u8; 16]> {
        let trailers = trailers.and_then(|trailers| trailers.take()).unwrap_or_default();
        let md5 = self.md5.finalize();
        let found = self.checksums.finalize();
        let computed = [
            ("content-md5", Some(STANDARD.encode(md5))),
            ("x-amz-checksum-crc32", found.checksum_crc32),
            ("x-amz-checksum-crc32c", found.checksum_crc32c),
            ("x-amz-checksum-crc64nvme", found.checksum_crc64nvme),
            ("x-amz-checksum-sha1", found.checksum_sha1),
            ("x-amz-checksum-sha256", found.checksum_sha256),
        ];
        for (name, computed) in computed {
            let (Some(declared), Some(computed)) =
                (headers.get(name).or_else(|| trailers.get(name)), computed)
            else {
                continue;
            };
            if declared.as_bytes() != computed.as_bytes() {
                return Err(s3_error!(
                    BadDigest,
                    "the body does not have the `{name}` that was declared"
                ));
            }
        }
        Ok(md5)
    }
}

/// The CRC-64/NVME of what is left to read, in base64: the checksum that S3 keeps of an object for which the client
/// declares none.
pub(super) fn crc64_of(mut content: impl Read) -> io::Result<String> {
    let mut checksum = Crc64Nvme::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match content.read(&mut piece)? {
            0 => return Ok(STANDARD.encode(checksum.finalize())),
            length => checksum.update(&piece[..length]),
        }
    }
}

/// Lower-case hexadecimal, as entity tags have it.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
