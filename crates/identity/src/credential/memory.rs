//! The memory of a password hash: used again, wiped when it goes, and in large pages where the system gives some.
#![expect(unsafe_code, reason = "the system is advised to put a hash's memory into large pages")]
use argon2::Block;
use zeroize::Zeroize;

#[derive(Default)]
pub(super) struct Memory(Vec<Block>);
impl Memory {
    pub fn of(&mut self, blocks: usize) -> &mut [Block] {
        if self.0.len() < blocks {
            self.wipe();
            self.0 = Vec::new();
            self.0 = in_large_pages(blocks);
        }
        self.0.get_mut(..blocks).unwrap_or_default()
    }
    pub fn wipe(&mut self) {
        self.0.iter_mut().zeroize();
    }
}
impl Drop for Memory {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// A hash reads all over its memory, which with pages of 4 KiB is more of them than the processor keeps the addresses of: in
/// large ones it is done a twentieth sooner. The allocator has switched large pages off for the process, since they would hold
/// memory that nobody uses; what they are switched on for is touched here, and stays as it is.
#[cfg(target_os = "linux")]
fn in_large_pages(blocks: usize) -> Vec<Block> {
    use rustix::{mm, thread};
    use std::sync::{Mutex, PoisonError};
    /// The switch is the process's.
    static SWITCH: Mutex<()> = Mutex::new(());
    const SMALL: usize = 4096;

    let mut memory = Vec::with_capacity(blocks);
    let spare = memory.spare_capacity_mut();
    let bytes = std::mem::size_of_val(spare) / SMALL * SMALL;
    let from = spare.as_mut_ptr().cast::<u8>();
    let from = from.wrapping_add(from.align_offset(SMALL));
    let switch = SWITCH.lock().unwrap_or_else(PoisonError::into_inner);
    let off = thread::transparent_huge_pages_are_disabled().unwrap_or(false);
    if off {
        noted(thread::disable_transparent_huge_pages(false));
    }
    // SAFETY: whole pages of memory that belongs to `memory`; the advice changes nothing of what they hold.
    noted(unsafe { mm::madvise(from.cast(), bytes.saturating_sub(SMALL), mm::Advice::LinuxHugepage) });
    memory.resize(blocks, Block::new());
    if off {
        noted(thread::disable_transparent_huge_pages(true));
    }
    drop(switch);
    memory
}
/// Small pages do as well.
#[cfg(target_os = "linux")]
fn noted(advised: rustix::io::Result<()>) {
    if let Err(error) = advised {
        tracing::debug!(%error, "no large pages for a password hash");
    }
}
#[cfg(not(target_os = "linux"))]
fn in_large_pages(blocks: usize) -> Vec<Block> {
    vec![Block::new(); blocks]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_grows_and_is_kept_and_wiped_whole() {
        let mut memory = Memory::default();
        for blocks in [1, 8, 19_456, 64] {
            assert_eq!(memory.of(blocks).len(), blocks);
        }
        let kept = memory.of(19_456).as_ptr();
        assert_eq!(memory.of(64).as_ptr(), kept, "used again");
        let word = |block: &Block| block.as_ref().iter().any(|word| *word != 0);
        for block in memory.of(19_456) {
            block.as_mut().fill(7);
        }
        memory.wipe();
        assert!(!memory.of(19_456).iter().any(word));
    }
}
