//! S3 by its SDK: objects are plain files, conditional writes hold under racing, listings show
//! objects only.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{collections::HashSet, fs};

use aws_sdk_s3::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
    types::{
        ChecksumMode, ChecksumType, CompletedMultipartUpload, CompletedPart, Delete,
        ObjectIdentifier,
    },
};
use futures::future::join_all;
use local::s3::ObjectCreated;
use support::Stand;

const BUCKET: &str = "quaestor";

async fn put(s3: &Client, key: &str, content: &str) {
    s3.put_object()
        .bucket(BUCKET)
        .key(key)
        .body(ByteStream::from(content.as_bytes().to_vec()))
        .send()
        .await
        .unwrap();
}

async fn get(s3: &Client, key: &str) -> Result<String, String> {
    match s3.get_object().bucket(BUCKET).key(key).send().await {
        Ok(found) => {
            let content = found.body.collect().await.unwrap().to_vec();
            Ok(String::from_utf8(content).unwrap())
        }
        Err(error) => Err(code(error)),
    }
}

/// The service's code for an error.
fn code<E: ProvideErrorMetadata + std::fmt::Debug>(error: SdkError<E>) -> String {
    match error.code() {
        Some(code) => code.to_owned(),
        None => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn an_object_is_its_plain_file() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    let long = format!("long/{}", "é".repeat(120));
    for key in [
        "run.json",
        "reports/top-students/as_of=2026-11-22T13Z/report.parquet",
        "odd/2026-11-22T06:00:00Z +&%,;@$'()!*~#?.txt",
        long.as_str(),
    ] {
        put(&s3, key, key).await;
        assert_eq!(get(&s3, key).await.as_deref(), Ok(key));
        let file = stand.folder.path().join("s3").join(BUCKET).join(key);
        assert_eq!(fs::read_to_string(file).unwrap(), key);
    }
}

#[tokio::test]
async fn attributes_and_ranges_come_back() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    s3.put_object()
        .bucket(BUCKET)
        .key("k")
        .content_type("text/markdown")
        .metadata("run-id", "daily-1")
        .body(ByteStream::from_static(b"0123456789"))
        .send()
        .await
        .unwrap();
    let head = s3.head_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!(head.content_type(), Some("text/markdown"));
    assert_eq!(head.metadata().unwrap()["run-id"], "daily-1");
    assert_eq!(head.content_length(), Some(10));
    // The MD5 of the content, which RFC 1321's own program gives.
    assert_eq!(head.e_tag(), Some("\"781e5e245d69b566979b86e28d23f2c7\""));
    let part = s3.get_object().bucket(BUCKET).key("k").range("bytes=3-5").send().await.unwrap();
    assert_eq!(part.content_range(), Some("bytes 3-5/10"));
    assert_eq!(part.body.collect().await.unwrap().to_vec(), b"345");
}

#[tokio::test]
async fn what_is_not_there_is_told_as_s3_tells_it() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    put(&s3, "folder/file", "x").await;
    for key in ["nothing", "folder", "folder/file/below", "folder/other"] {
        assert_eq!(get(&s3, key).await, Err("NoSuchKey".to_owned()), "{key}");
        let head = s3.head_object().bucket(BUCKET).key(key).send().await;
        assert!(head.unwrap_err().into_service_error().is_not_found(), "{key}");
    }
    let elsewhere = s3.put_object().bucket("elsewhere").key("k").send().await;
    assert_eq!(code(elsewhere.unwrap_err()), "NoSuchBucket");
    assert!(!stand.folder.path().join("s3/elsewhere").exists());
    // Deleting what is not there succeeds.
    s3.delete_object().bucket(BUCKET).key("nothing").send().await.unwrap();
}

#[tokio::test]
async fn no_key_leaves_its_bucket() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    fs::write(stand.folder.path().join("secret"), "secret").unwrap();
    for key in ["../../secret", "..", "a/../../x", "a//b", "/etc/passwd", "a/./b", "a/"] {
        assert_eq!(get(&s3, key).await, Err("InvalidArgument".to_owned()), "{key}");
        let put = s3.put_object().bucket(BUCKET).key(key).send().await;
        assert_eq!(code(put.unwrap_err()), "InvalidArgument", "{key}");
    }
}

#[tokio::test]
async fn of_racing_conditional_writers_one_wins() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    for round in 0..8 {
        let key = format!("asks/{round}.json");
        let writers = (0..16).map(|writer| {
            let put = s3
                .put_object()
                .bucket(BUCKET)
                .key(&key)
                .if_none_match("*")
                .body(ByteStream::from(format!("writer {writer}").into_bytes()));
            async move { (writer, put.send().await) }
        });
        let outcomes = join_all(writers).await;
        let mut winners = Vec::new();
        for (writer, outcome) in outcomes {
            match outcome {
                Ok(_) => winners.push(format!("writer {writer}")),
                Err(error) => assert_eq!(code(error), "PreconditionFailed"),
            }
        }
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert_eq!(get(&s3, &key).await.as_ref(), Ok(&winners[0]));
    }
}

#[tokio::test]
async fn a_write_may_ask_for_the_version_it_read() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    let write = |content: &str, if_match: &str| {
        s3.put_object()
            .bucket(BUCKET)
            .key("k")
            .if_match(if_match)
            .body(ByteStream::from(content.as_bytes().to_vec()))
            .send()
    };
    assert_eq!(code(write("a", "\"0\"").await.unwrap_err()), "NoSuchKey");
    put(&s3, "k", "a").await;
    let head = s3.head_object().bucket(BUCKET).key("k").send().await.unwrap();
    let etag = head.e_tag().unwrap();
    write("b", etag).await.unwrap();
    assert_eq!(code(write("c", etag).await.unwrap_err()), "PreconditionFailed");
    assert_eq!(get(&s3, "k").await.as_deref(), Ok("b"));
}

#[tokio::test]
async fn a_listing_shows_objects_in_order_and_in_pages() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    let keys = ["a/1", "a/2", "a-b", "b/c/d", "b/e", "z"];
    for key in keys {
        put(&s3, key, "x").await;
    }
    // An upload under way is no object.
    s3.create_multipart_upload().bucket(BUCKET).key("under-way").send().await.unwrap();

    let mut pages = s3.list_objects_v2().bucket(BUCKET).max_keys(2).into_paginator().send();
    let mut listed = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert!(page.key_count() <= Some(2));
        listed.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    let mut sorted = keys;
    sorted.sort_unstable();
    assert_eq!(listed, sorted);

    for (prefix, delimiter, keys, prefixes) in [
        ("", "/", &["a-b", "z"][..], &["a/", "b/"][..]),
        ("b/", "/", &["b/e"], &["b/c/"]),
        ("a", "", &["a-b", "a/1", "a/2"], &[]),
        ("b/c/d", "", &["b/c/d"], &[]),
        ("none", "", &[], &[]),
    ] {
        let page = s3
            .list_objects_v2()
            .bucket(BUCKET)
            .prefix(prefix)
            .delimiter(delimiter)
            .send()
            .await
            .unwrap();
        let found: Vec<_> = page.contents().iter().map(|object| object.key().unwrap()).collect();
        let rolled: Vec<_> =
            page.common_prefixes().iter().map(|common| common.prefix().unwrap()).collect();
        assert_eq!((&found[..], &rolled[..]), (keys, prefixes), "{prefix} {delimiter}");
    }
}

#[tokio::test]
async fn a_multipart_upload_appears_when_it_completes() {
    let (stand, store) = Stand::with_s3().await;
    let s3 = stand.s3();
    // The first content leaves a checksum behind, which the second does not have.
    put(&s3, "report", "first").await;
    let upload = s3.create_multipart_upload().bucket(BUCKET).key("report").send().await.unwrap();
    let upload_id = upload.upload_id().unwrap();
    let contents = ["a".repeat(5 * 1024 * 1024), "b".to_owned()];
    let mut parts = Vec::new();
    for (number, content) in (1..).zip(&contents) {
        let part = s3
            .upload_part()
            .bucket(BUCKET)
            .key("report")
            .upload_id(upload_id)
            .part_number(number)
            .body(ByteStream::from(content.clone().into_bytes()))
            .send()
            .await
            .unwrap();
        parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(part.e_tag().map(str::to_owned))
                .build(),
        );
    }
    assert_eq!(get(&s3, "report").await.as_deref(), Ok("first"));

    let mut created = store.object_created();
    let complete = |parts: Vec<CompletedPart>| {
        s3.complete_multipart_upload()
            .bucket(BUCKET)
            .key("report")
            .upload_id(upload_id)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
    };
    let swapped = vec![parts[1].clone(), parts[0].clone()];
    let refused = complete(swapped).send().await.unwrap_err();
    assert_eq!(code(refused), "InvalidPartOrder");
    let refused = complete(parts.clone()).checksum_crc64_nvme("AAAAAAAAAAA=").send().await;
    assert_eq!(code(refused.unwrap_err()), "BadDigest");
    let refused = complete(parts.clone()).if_none_match("*").send().await.unwrap_err();
    assert_eq!(code(refused), "PreconditionFailed");
    let done = complete(parts.clone()).send().await.unwrap();
    assert!(done.e_tag().unwrap().ends_with("-2\""));
    assert_eq!(get(&s3, "report").await, Ok(contents.concat()));
    let ObjectCreated { key, size, .. } = created.try_recv().unwrap();
    assert_eq!((key.as_str(), size), ("report", 5 * 1024 * 1024 + 1));
    assert!(created.try_recv().is_err(), "one object, one event");

    let again = complete(parts).send().await.unwrap_err();
    assert_eq!(code(again), "NoSuchUpload");
}

/// The check value of CRC-64/NVME in the catalogue of CRCs: ae8b14860a799888.
#[tokio::test]
async fn a_checksum_is_told_to_whom_asks() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    put(&s3, "k", "123456789").await;
    let head = s3.head_object().bucket(BUCKET).key("k");
    assert_eq!(head.clone().send().await.unwrap().checksum_crc64_nvme(), None);
    let told = head.checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    assert_eq!(told.checksum_crc64_nvme(), Some("rosUhgp5mIg="));
    assert_eq!(told.checksum_type(), Some(&ChecksumType::FullObject));
}

#[tokio::test]
async fn a_damaged_body_replaces_nothing() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    put(&s3, "k", "good").await;
    let damaged = s3
        .put_object()
        .bucket(BUCKET)
        .key("k")
        .checksum_crc32("AAAAAA==")
        .body(ByteStream::from_static(b"other"))
        .send()
        .await;
    assert_eq!(code(damaged.unwrap_err()), "BadDigest");
    assert_eq!(get(&s3, "k").await.as_deref(), Ok("good"));
}

#[tokio::test]
async fn a_file_changed_by_hand_is_the_object() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    put(&s3, "questions/daily/a.md", "by the SDK").await;
    let folder = stand.folder.path().join("s3").join(BUCKET).join("questions/daily");
    fs::write(folder.join("a.md"), "by hand").unwrap();
    fs::write(folder.join("b.md"), "new").unwrap();
    assert_eq!(get(&s3, "questions/daily/a.md").await.as_deref(), Ok("by hand"));
    assert_eq!(get(&s3, "questions/daily/b.md").await.as_deref(), Ok("new"));
    let etags: HashSet<String> = s3
        .list_objects_v2()
        .bucket(BUCKET)
        .send()
        .await
        .unwrap()
        .contents()
        .iter()
        .map(|object| object.e_tag().unwrap().to_owned())
        .collect();
    assert_eq!(etags.len(), 2);
}

#[tokio::test]
async fn each_creation_is_told_once() {
    let (stand, store) = Stand::with_s3().await;
    let s3 = stand.s3();
    let mut created = store.object_created();
    put(&s3, "questions/adhoc/x.md", "one").await;
    put(&s3, "questions/adhoc/x.md", "two!").await;
    let (first, second) = (created.try_recv().unwrap(), created.try_recv().unwrap());
    assert_eq!((first.bucket.as_str(), first.key.as_str()), (BUCKET, "questions/adhoc/x.md"));
    assert_eq!((first.size, second.size), (3, 4));
    assert_eq!(first.etag, "f97c5d29941bfb1b2fdab0874906ab82");
    assert!(first.sequencer < second.sequencer);
    assert!(created.try_recv().is_err());
}

#[tokio::test]
async fn copies_old_listings_and_deletions_of_many() {
    let (stand, _s3) = Stand::with_s3().await;
    let s3 = stand.s3();
    for key in ["a", "b", "c"] {
        put(&s3, key, key).await;
    }
    let copy = |from: &str, to: &str| {
        let source = format!("{BUCKET}/{from}");
        s3.copy_object().bucket(BUCKET).key(to).copy_source(source).send()
    };
    copy("a", "d").await.unwrap();
    assert_eq!(get(&s3, "d").await.as_deref(), Ok("a"));
    assert_eq!(code(copy("none", "d").await.unwrap_err()), "NoSuchKey");
    assert_eq!(code(copy("d", "d").await.unwrap_err()), "InvalidRequest");

    let page = s3.list_objects().bucket(BUCKET).marker("a").max_keys(2).send().await.unwrap();
    let keys: Vec<_> = page.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!((keys, page.next_marker()), (vec!["b", "c"], Some("c")));

    let ids =
        ["a", "none", "../x"].map(|key| ObjectIdentifier::builder().key(key).build().unwrap());
    let delete = Delete::builder().set_objects(Some(ids.to_vec())).build().unwrap();
    let deleted = s3.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    assert_eq!(deleted.deleted().len(), 2);
    assert_eq!(deleted.errors()[0].code(), Some("InvalidArgument"));
    assert_eq!(get(&s3, "a").await, Err("NoSuchKey".to_owned()));
}

#[tokio::test]
async fn who_may_not_list_is_not_told_what_is_missing() {
    let (stand, store) = Stand::with_s3().await;
    let keys = stand.credentials.of_function("reader");
    store.deny_listing(&keys.access_key_id);
    let (listing, reader) = (stand.s3(), Client::new(&stand.sdk_as(&keys)));
    put(&listing, "there", "content").await;

    assert_eq!(get(&listing, "not-there").await, Err("NoSuchKey".to_owned()));
    assert_eq!(get(&reader, "not-there").await, Err("AccessDenied".to_owned()));
    assert_eq!(get(&reader, "there").await, Ok("content".to_owned()));
    let head = reader.head_object().bucket(BUCKET).key("not-there").send().await.unwrap_err();
    assert_eq!(head.raw_response().map(|answer| answer.status().as_u16()), Some(403));
    let listed = reader.list_objects_v2().bucket(BUCKET).send().await;
    assert_eq!(code(listed.unwrap_err()), "AccessDenied");
    put(&reader, "new", "content").await;
}
