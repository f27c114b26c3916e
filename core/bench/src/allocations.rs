//! How often a thread has asked for memory, in whatever library it did.
//!
//! Each plugin has its own copy of Rust's allocator, and C code has none; in the end all of them call `malloc` and its
//! siblings in the C library, through a slot in a table of their own library that the loader has filled in. [`start`] goes
//! through the tables of all libraries that are loaded and puts counting functions into these slots, which then call what
//! stood there. That is done in a process that measures and in no other, so that a pipeline that runs pays nothing.
//!
//! What has an allocator of its own, which takes its memory from the kernel, is not seen.

use std::cell::Cell;

thread_local! {
    // Without a destructor and without a first use that would allocate: it is touched within `malloc`.
    static ASKED: Cell<Asked> = const { Cell::new(Asked { times: 0, bytes: 0 }) };
}

/// What a thread has asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Asked {
    /// How often.
    pub times: u64,
    /// How much in all.
    pub bytes: u64,
}

/// Returns what the calling thread has asked for since counting [started](start).
pub fn asked() -> Asked {
    ASKED.with(Cell::get)
}

/// Starts to count, in all libraries that are loaded now. Called again, it finds those that have come since.
///
/// # Errors
/// It cannot be done here; why.
pub fn start() -> Result<(), &'static str> {
    tables::start()
}

#[cfg(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod tables {
    use super::ASKED;
    use libc::{c_char, c_int, c_void, size_t};
    use std::ffi::CStr;
    use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

    /// The functions that are counted, and what each does.
    const COUNTED: [(&CStr, *const c_void); 6] = [
        (c"malloc", malloc as *const c_void),
        (c"calloc", calloc as *const c_void),
        (c"realloc", realloc as *const c_void),
        (c"posix_memalign", posix_memalign as *const c_void),
        (c"aligned_alloc", aligned_alloc as *const c_void),
        (c"memalign", memalign as *const c_void),
    ];

    /// What they stand for, by their places in [`COUNTED`]: the functions that the loader has found.
    static REAL: [AtomicPtr<c_void>; COUNTED.len()] =
        [const { AtomicPtr::new(std::ptr::null_mut()) }; COUNTED.len()];

    fn asked(bytes: size_t) {
        ASKED.with(|asked| {
            let mut now = asked.get();
            now.times += 1;
            now.bytes = now.bytes.saturating_add(bytes as u64);
            asked.set(now);
        });
    }

    fn real(which: usize) -> *mut c_void {
        REAL[which].load(Ordering::Relaxed)
    }

    type OneSize = unsafe extern "C" fn(size_t) -> *mut c_void;
    type TwoSizes = unsafe extern "C" fn(size_t, size_t) -> *mut c_void;
    type Again = unsafe extern "C" fn(*mut c_void, size_t) -> *mut c_void;
    type Aligned = unsafe extern "C" fn(*mut *mut c_void, size_t, size_t) -> c_int;

    unsafe extern "C" fn malloc(size: size_t) -> *mut c_void {
        asked(size);
        // SAFETY: a slot gets this function only after `REAL` has the function of this name, which has this type; so for all
        // below. The caller's promises are passed on as they are.
        unsafe { std::mem::transmute::<*mut c_void, OneSize>(real(0))(size) }
    }

    unsafe extern "C" fn calloc(count: size_t, size: size_t) -> *mut c_void {
        asked(count.saturating_mul(size));
        // SAFETY: as in `malloc`.
        unsafe { std::mem::transmute::<*mut c_void, TwoSizes>(real(1))(count, size) }
    }

    unsafe extern "C" fn realloc(memory: *mut c_void, size: size_t) -> *mut c_void {
        asked(size);
        // SAFETY: as in `malloc`.
        unsafe { std::mem::transmute::<*mut c_void, Again>(real(2))(memory, size) }
    }

    unsafe extern "C" fn posix_memalign(to: *mut *mut c_void, align: size_t, size: size_t) -> c_int {
        asked(size);
        // SAFETY: as in `malloc`.
        unsafe { std::mem::transmute::<*mut c_void, Aligned>(real(3))(to, align, size) }
    }

    unsafe extern "C" fn aligned_alloc(align: size_t, size: size_t) -> *mut c_void {
        asked(size);
        // SAFETY: as in `malloc`.
        unsafe { std::mem::transmute::<*mut c_void, TwoSizes>(real(4))(align, size) }
    }

    unsafe extern "C" fn memalign(align: size_t, size: size_t) -> *mut c_void {
        asked(size);
        // SAFETY: as in `malloc`.
        unsafe { std::mem::transmute::<*mut c_void, TwoSizes>(real(5))(align, size) }
    }

    pub(super) fn start() -> Result<(), &'static str> {
        for (real, (name, _)) in REAL.iter().zip(COUNTED) {
            // SAFETY: a name that ends with a zero.
            let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
            if found.is_null() {
                return Err("the C library is not one whose calls can be counted");
            }
            real.store(found, Ordering::Relaxed);
        }
        let refused = AtomicUsize::new(0);
        // SAFETY: the function has the type that is wanted, and what it is given lives during the call.
        unsafe { libc::dl_iterate_phdr(Some(look), (&raw const refused).cast_mut().cast()) };
        if refused.into_inner() > 0 { Err("the kernel does not let its calls be counted") } else { Ok(()) }
    }

    /// One entry of a library's dynamic section: `Elf64_Dyn` of the ELF specification.
    #[repr(C)]
    struct Dynamic {
        tag: i64,
        value: u64,
    }

    /// A place that the loader fills in: `Elf64_Rela`.
    #[repr(C)]
    struct Relocation {
        offset: u64,
        info: u64,
        addend: i64,
    }

    const DT_NULL: i64 = 0;
    const DT_PLTRELSZ: i64 = 2;
    const DT_STRTAB: i64 = 5;
    const DT_SYMTAB: i64 = 6;
    const DT_RELA: i64 = 7;
    const DT_RELASZ: i64 = 8;
    const DT_JMPREL: i64 = 23;

    /// The relocations that hold the address of a function: a slot for calls, one for addresses, a pointer in data.
    #[cfg(target_arch = "x86_64")]
    const SLOTS: [u32; 3] = [7, 6, 1]; // R_X86_64_JUMP_SLOT, _GLOB_DAT, _64
    #[cfg(target_arch = "aarch64")]
    const SLOTS: [u32; 3] = [1026, 1025, 257]; // R_AARCH64_JUMP_SLOT, _GLOB_DAT, _ABS64

    /// Looks through the tables of one library.
    unsafe extern "C" fn look(info: *mut libc::dl_phdr_info, _: size_t, refused: *mut c_void) -> c_int {
        // SAFETY: the loader gives a library's description, which lives during the call, with an array of so many headers.
        let (base, headers) = unsafe {
            let info = &*info;
            (info.dlpi_addr, std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()))
        };
        let Some(dynamic) = headers.iter().find(|header| header.p_type == libc::PT_DYNAMIC) else { return 0 };
        let sealed = headers.iter().find(|header| header.p_type == libc::PT_GNU_RELRO);
        let sealed = sealed.map_or(0..0, |stats| base + stats.p_vaddr..base + stats.p_vaddr + stats.p_memsz);
        // The loader has made most of these absolute; what is below the library's start is still counted from there.
        let absolute = |value: u64| if value < base { base + value } else { value };
        let (mut strings, mut symbols, mut tables, mut sizes) = (0, 0, [0; 2], [0; 2]);
        let mut entry = (base + dynamic.p_vaddr) as *const Dynamic;
        // SAFETY: the dynamic section of a loaded library is mapped and ends with DT_NULL.
        while let Dynamic { tag, value } = unsafe { &*entry }
            && *tag != DT_NULL
        {
            match *tag {
                DT_STRTAB => strings = absolute(*value),
                DT_SYMTAB => symbols = absolute(*value),
                DT_RELA => tables[0] = absolute(*value),
                DT_RELASZ => sizes[0] = *value,
                DT_JMPREL => tables[1] = absolute(*value),
                DT_PLTRELSZ => sizes[1] = *value,
                _ => {}
            }
            // SAFETY: it was not the last.
            entry = unsafe { entry.add(1) };
        }
        if strings == 0 || symbols == 0 {
            return 0;
        }
        for (table, size) in tables.into_iter().zip(sizes).filter(|(table, _)| *table != 0) {
            let count = size as usize / size_of::<Relocation>();
            // SAFETY: the loader has used the same table with the same size.
            let table = unsafe { std::slice::from_raw_parts(table as *const Relocation, count) };
            for relocation in table.iter().filter(|one| SLOTS.contains(&(one.info as u32)) && one.addend == 0)
            {
                // SAFETY: a relocation names a symbol of the library's table, and that its name among the strings.
                let (symbol, name) = unsafe {
                    let symbol = &*(symbols as *const libc::Elf64_Sym).add((relocation.info >> 32) as usize);
                    (symbol, CStr::from_ptr((strings as *const c_char).add(symbol.st_name as usize)))
                };
                let Some(which) = COUNTED.iter().position(|(counted, _)| *counted == name) else { continue };
                let at = base + relocation.offset;
                // SAFETY: the place is one of the library's, as wide as a pointer and aligned, and others may read it.
                let slot = unsafe { AtomicPtr::from_ptr(at as *mut *mut c_void) };
                let stands = slot.load(Ordering::Relaxed) as u64;
                // Not called yet, it leads to where the loader looks the function up: within the library itself. One that
                // has a function of that name calls that.
                let unbound = symbol.st_shndx == 0
                    && headers.iter().any(|header| {
                        let start = base + header.p_vaddr;
                        header.p_type == libc::PT_LOAD && (start..start + header.p_memsz).contains(&stands)
                    });
                if stands != real(which) as u64 && !unbound {
                    continue;
                }
                // SAFETY: the slot is within what the loader has sealed, if it is sealed.
                if unsafe { !put(slot, COUNTED[which].1, sealed.contains(&at)) } {
                    // SAFETY: it is the counter that `start` has given.
                    unsafe { &*refused.cast::<AtomicUsize>() }.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        0
    }

    /// Puts a function into a slot, which is opened for it if it is sealed. `false`: the kernel does not open it.
    ///
    /// # Safety
    /// A sealed slot lies in pages that were only sealed against writing.
    unsafe fn put(slot: &AtomicPtr<c_void>, function: *const c_void, sealed: bool) -> bool {
        let size = rustix::param::page_size();
        let page = (slot.as_ptr() as usize / size * size) as *mut c_void;
        // SAFETY: one page, which is mapped; it can be read as before.
        if sealed && unsafe { libc::mprotect(page, size, libc::PROT_READ | libc::PROT_WRITE) } != 0 {
            return false;
        }
        slot.store(function.cast_mut(), Ordering::Relaxed);
        // SAFETY: as above. Should it stay open, no harm is done.
        sealed.then(|| unsafe { libc::mprotect(page, size, libc::PROT_READ) });
        true
    }
}

#[cfg(not(all(
    target_os = "linux",
    target_env = "gnu",
    target_pointer_width = "64",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
mod tables {
    pub(super) fn start() -> Result<(), &'static str> {
        Err("only on 64-bit Linux with glibc are calls counted")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn each_call_is_counted_with_its_size_and_on_its_own_thread() {
        start().unwrap();
        start().unwrap();
        let with_deadline = |run: fn()| {
            let before = asked();
            run();
            let after = asked();
            (after.times - before.times, after.bytes - before.bytes)
        };
        assert_eq!(with_deadline(|| drop(black_box(Vec::<u8>::with_capacity(1000)))), (1, 1000));
        assert_eq!(with_deadline(|| drop(black_box(vec![0u8; 3000]))), (1, 3000), "zeroed");
        assert_eq!(
            with_deadline(|| {
                let mut grown = black_box(Vec::<u8>::with_capacity(10));
                grown.reserve_exact(500);
                drop(black_box(grown));
            }),
            (2, 510)
        );
        assert_eq!(
            with_deadline(|| {
                #[repr(align(4096))]
                #[expect(dead_code, reason = "it is only there")]
                struct Page([u8; 4096]);
                drop(black_box(Box::new(Page([1; 4096]))));
            }),
            (1, 4096),
            "aligned"
        );
        assert_eq!(with_deadline(|| ()), (0, 0));
        let elsewhere = std::thread::spawn(|| {
            let before = asked();
            drop(black_box(Vec::<u8>::with_capacity(77)));
            asked().bytes - before.bytes
        });
        assert_eq!(elsewhere.join().unwrap(), 77);
    }
}
