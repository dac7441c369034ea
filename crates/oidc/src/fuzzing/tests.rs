use super::{Choices, TARGETS};
use kernel::Rng;
use std::path::{Path, PathBuf};

/// Changed copies of each kept input; the fuzzer makes millions more.
const COPIES: u8 = 40;

fn kept(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut inputs: Vec<_> = files
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    inputs.sort();
    inputs
}

#[test]
fn what_must_hold_of_any_input_holds_of_those_that_are_kept_and_of_their_changed_copies() {
    let rng = Rng::seeded(6);
    for (name, target) in TARGETS {
        let inputs = kept(name);
        assert!(inputs.len() > 3, "{name} has hardly any inputs");
        for (path, input) in &inputs {
            let tried = std::panic::catch_unwind(|| target(input));
            assert!(tried.is_ok(), "{}", path.display());
            for _ in 0..COPIES {
                let mut copy = input.clone();
                let draw = rng.bytes::<5>();
                let mut choices = Choices(&draw);
                let (place, kind, value) = (choices.place(), choices.byte(), choices.byte());
                let place = place % (copy.len() + 1);
                match kind % 3 {
                    0 if place < copy.len() => copy[place] = value,
                    1 => copy.insert(place, value),
                    _ => copy.truncate(place),
                }
                let tried = std::panic::catch_unwind(|| target(&copy));
                assert!(tried.is_ok(), "a copy of {}: {:?}", path.display(), String::from_utf8_lossy(&copy));
            }
        }
    }
}
/// Else the promises would be about nothing.
#[test]
fn good_inputs_are_taken() {
    for (name, target) in TARGETS {
        let inputs = kept(name);
        let is_good = |path: &Path| path.file_name().unwrap().to_str().unwrap().starts_with("good");
        assert!(inputs.iter().any(|(path, _)| is_good(path)), "{name} has no good input");
        for (path, input) in &inputs {
            assert!(target(input) || !is_good(path), "{}", path.display());
        }
    }
}
