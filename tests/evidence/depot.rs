//! What was taken away from a bucket, or from the folder: put back or fetched back, and told.

use std::fs;

use mailproof::demo::server::{Fault, Operation, Times, Upload};
use mailproof::evidence::check::Holding;
use mailproof::evidence::{Brought, DepotError, Numbers};

use super::bucket::{BUCKET, Bench, name};
use super::{append, checked, file, first, key, signature, trusting};

fn numbers(numbers: impl IntoIterator<Item = u64>) -> Numbers {
    numbers.into_iter().collect()
}

/// The records that were missing there although later ones were.
fn was_missing(error: &DepotError) -> Option<&Numbers> {
    match error {
        DepotError::WasMissing { records, .. } => Some(records),
        _ => None,
    }
}

#[test]
fn what_was_taken_away_there_is_put_back_and_told() {
    let bench = Bench::with(5);
    bench.bring_up().unwrap();
    bench.server.delete(BUCKET, &name(2));
    bench.server.delete(BUCKET, &format!("{}.sig", name(4)));
    append(bench.folder(), Some(key(1)), 1);
    let ready = bench.depot().readiness(bench.folder()).unwrap();
    assert_eq!((ready.taken, ready.lacks, ready.has), (numbers([2, 4]), 3, 3));
    let error = bench.bring_up().unwrap_err();
    assert_eq!(was_missing(&error), Some(&numbers([2, 4])), "and not the new one: {error:?}");
    let said = error.to_string();
    assert!(said.contains("s3://records/zimbra/ though later ones lie there: records 2, 4;"), "{said}");
    assert_eq!(
        bench.bring_up().unwrap(),
        Brought { records: 0, there: 6, ..Brought::default() },
        "it is there again"
    );
    let told: Vec<_> = bench.check().broken.iter().map(|broken| broken.record).collect();
    assert_eq!(told, [2, 4], "the bucket itself does not forget");
}

#[test]
fn what_was_taken_away_is_told_also_where_the_rest_stays_behind() {
    let bench = Bench::with(3);
    bench.bring_up().unwrap();
    bench.server.delete(BUCKET, &name(1));
    append(bench.folder(), Some(key(1)), 1);
    bench.server.inject(&name(4), Fault::Refuse { operation: Operation::Put, status: 503 }, Times::Always);
    let error = bench.bring_up().unwrap_err();
    assert_eq!(was_missing(&error), Some(&numbers([1])), "{error:?}");
    assert!(
        error.to_string().contains("; besides: 1 record is in the folder and not in the bucket"),
        "{error}"
    );
}

#[test]
fn the_last_record_is_not_known_to_have_been_there() {
    let bench = Bench::with(3);
    bench.bring_up().unwrap();
    for end in [".sig", ""] {
        bench.server.delete(BUCKET, &format!("{}{end}", name(3)));
    }
    assert_eq!(bench.bring_up().unwrap(), Brought { records: 1, there: 3, ..Brought::default() });
}

#[test]
fn what_the_folder_lost_is_in_the_bucket_and_mends_it() {
    for (lost, rest) in [(vec![5], 4), (vec![2, 3], 5), (vec![1], 5), (vec![1, 2, 3, 4, 5], 0)] {
        let bench = Bench::with(5);
        bench.bring_up().unwrap();
        for number in &lost {
            fs::remove_file(file(bench.folder(), *number)).unwrap();
            fs::remove_file(signature(bench.folder(), *number)).unwrap();
        }
        let before = bench.kept();
        assert_eq!(bench.depot().readiness(bench.folder()).unwrap().lost, numbers(lost.clone()));
        let error = bench.bring_up().unwrap_err();
        let DepotError::FolderLacks { records, .. } = &error else { panic!("{lost:?}: {error:?}") };
        assert_eq!(*records, numbers(lost.clone()));
        assert!(error.to_string().contains("A record is lost"), "{error}");
        assert_eq!(bench.kept(), before, "nothing went there");
        assert!(first(&checked(bench.folder(), &trusting(&[1]))).is_some(), "{rest} are left");
        for number in lost {
            for name in [format!("{number:09}.json"), format!("{number:09}.json.sig")] {
                fs::write(bench.folder().join(&name), bench.bytes(&name)).unwrap();
            }
        }
        assert_eq!(checked(bench.folder(), &trusting(&[1])).outcome, Holding::Holds);
        assert_eq!(bench.bring_up().unwrap(), Brought { records: 0, there: 5, ..Brought::default() });
    }
}

#[test]
fn a_signature_that_the_folder_lost_is_told_and_new_records_go_up() {
    let bench = Bench::with(3);
    bench.bring_up().unwrap();
    fs::remove_file(signature(bench.folder(), 2)).unwrap();
    append(bench.folder(), Some(key(1)), 1);
    let error = bench.bring_up().unwrap_err();
    assert!(
        matches!(&error, DepotError::FolderLacks { records, .. } if *records == numbers([2])),
        "{error:?}"
    );
    assert_eq!(bench.kept().len(), 8, "the new one is tied to what is there");
}

#[test]
fn as_many_other_bytes_are_found_by_their_time() {
    let bench = Bench::with(3);
    bench.bring_up().unwrap();
    let mut bytes = bench.bytes("000000001.json");
    bytes[70] ^= 1;
    let late = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(60);
    bench.server.upload(BUCKET, &name(1), Upload::new(bytes).modified(late));
    let error = bench.bring_up().unwrap_err();
    assert!(
        matches!(&error, DepotError::OtherChain { address, .. } if address.ends_with("000000001.json")),
        "{error:?}"
    );
}

/// Whoever may write there could else keep all records away by one file.
#[test]
fn what_belongs_to_no_record_is_named_stays_where_it_is_and_is_in_no_records_way() {
    let bench = Bench::with(3);
    bench.bring_up().unwrap();
    bench.server.put(BUCKET, &format!("{}.tsr", name(8)), "a stranger's");
    for beside in ["000000006.json.tsr", "000000007.json.sig"] {
        fs::write(bench.folder().join(beside), "of nothing").unwrap();
    }
    append(bench.folder(), Some(key(1)), 1);
    let ready = bench.depot().readiness(bench.folder()).unwrap();
    assert_eq!((ready.lacks, ready.lost.is_empty(), ready.taken.is_empty()), (1, true, true));
    let Brought { records, there, strays } = bench.bring_up().unwrap();
    assert_eq!((records, there, &strays), (1, 4, &ready.strays));
    let here = ["000000006.json.tsr", "000000007.json.sig"].map(|name| bench.folder().join(name));
    assert_eq!(strays.here, here.map(|path| path.display().to_string()));
    assert_eq!(strays.there, ["s3://records/zimbra/000000008.json.tsr"]);
    let said = strays.to_string();
    assert!(said.contains("000000006.json.tsr, ") && said.contains("and remove what is left"), "{said}");
    assert!(said.contains("000000008.json.tsr: ") && said.contains("name another prefix"), "{said}");
    assert_eq!(bench.kept().len(), 9, "nothing else went there");
    // The record takes the name of what a run left that was killed.
    append(bench.folder(), Some(key(1)), 4);
    let error = bench.bring_up().unwrap_err();
    let lacks = matches!(&error, DepotError::FolderLacks { records, .. } if *records == numbers([8]));
    assert!(lacks && bench.kept().len() == 17, "all went there, and the stranger's is told: {error:?}");
    let checks = [checked(bench.folder(), &trusting(&[1])), bench.check()];
    assert_eq!(checks.map(|check| check.outcome), [Holding::Holds, Holding::Holds]);
}

#[test]
fn where_the_folder_went_past_a_record_what_is_left_of_it_there_is_no_stray() {
    let bench = Bench::with(5);
    bench.bring_up().unwrap();
    bench.server.delete(BUCKET, &name(3));
    for lost in [file(bench.folder(), 3), signature(bench.folder(), 3)] {
        fs::remove_file(lost).unwrap();
    }
    append(bench.folder(), Some(key(1)), 1);
    let error = bench.bring_up().unwrap_err();
    let lacks = matches!(&error, DepotError::FolderLacks { records, .. } if *records == numbers([3]));
    assert!(lacks && bench.bytes("000000006.json").len() > 100, "{error:?}");
}
