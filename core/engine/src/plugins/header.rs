//! A plugin's header read from its file, without loading anything.
//!
//! `dlopen` runs a library's constructors, and one that is truncated ends the process by SIGBUS. So the ELF tables are
//! read first, as System V's ABI (gABI 4.1, chapters 4 and 5) has them: that it is a library for this machine, that
//! all that will be mapped lies inside the file, and the section that holds the header. What is read is small and
//! bounded, whatever the file says about itself.

use super::error::Cause;
use mutoscope_plugin::abi::header::{Header, SECTION};
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, FileKind, ReadCache, ReadRef};
use std::fs::File;

/// Entries of the tables of segments and sections; a plugin has about 10 and 40.
const MOST_ENTRIES: u32 = 4096;
/// Bytes of the header's section that are read: a later version's header may have grown, but not that far.
const MOST_HEADER: u64 = 4096;
/// A list of folders is as long as a few paths.
const LONGEST_TEXT: u64 = 64 << 10;
/// How a static library or an rlib starts (ar(5)): the mistake of an author whose crate is not a cdylib.
const ARCHIVE: &[u8] = b"!<arch>\n";

/// Reads the header of the plugin in `file`, and checks it against this program.
///
/// # Errors
/// Whatever keeps this file from being loaded, as far as its tables tell.
pub fn read(file: &File) -> Result<Header, Cause> {
    let cache = ReadCache::new(file);
    let section = match class(&cache)? {
        ElfClass::Elf32 => section(library::<FileHeader32<Endianness>, _>(&cache)?),
        ElfClass::Elf64 => section(library::<FileHeader64<Endianness>, _>(&cache)?),
    }?;
    let header = Header::read(section).map_err(|error| Cause::Header(error.message().to_owned()))?;
    header.check().map_err(|error| Cause::Header(error.message().to_owned()))?;
    Ok(header)
}

/// Facts that the loader reads in a library's tables.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Tables {
    /// The loader reads and maps nothing behind so many bytes of the file.
    pub mapped: u64,
    /// The libraries that it needs.
    pub needed: Vec<String>,
    /// The folders in which the loader looks for them first, as they are written.
    pub folders: Vec<String>,
}

/// Reads the tables of a file, plugin or not, and checks that it is a library for this machine and all there.
pub(super) fn tables(file: &File) -> Result<Tables, Cause> {
    let cache = ReadCache::new(file);
    match class(&cache)? {
        ElfClass::Elf32 => dynamic(library::<FileHeader32<Endianness>, _>(&cache)?),
        ElfClass::Elf64 => dynamic(library::<FileHeader64<Endianness>, _>(&cache)?),
    }
}

enum ElfClass {
    Elf32,
    Elf64,
}

fn class<'data>(data: impl ReadRef<'data>) -> Result<ElfClass, Cause> {
    match FileKind::parse(data) {
        Ok(FileKind::Elf32) => Ok(ElfClass::Elf32),
        Ok(FileKind::Elf64) => Ok(ElfClass::Elf64),
        _ if data.read_bytes_at(0, ARCHIVE.len() as u64) == Ok(ARCHIVE) => {
            Err(Cause::NoLibrary("an archive of object files: its `crate-type` is not cdylib"))
        }
        _ => Err(Cause::NoLibrary("it does not start as an ELF file")),
    }
}

/// A library for this machine that is all there.
struct Elf<'data, E, R> {
    header: &'data E,
    endian: Endianness,
    data: R,
    bytes: u64,
    /// Where the last part that the loader looks at ends.
    mapped: u64,
}

fn library<'data, E, R>(data: R) -> Result<Elf<'data, E, R>, Cause>
where
    E: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let bytes = data.len().map_err(|()| Cause::Damaged("its length cannot be told"))?;
    inside((0, size_of::<E>() as u64), bytes)?;
    let header = E::parse(data).map_err(|_| Cause::Damaged("its ELF header is not understood"))?;
    let endian = header.endian().map_err(|_| Cause::Damaged("its byte order is unknown"))?;
    let (plugin, program) = (machine(header, endian), std::env::consts::ARCH.to_owned());
    if plugin != program || header.is_little_endian() != cfg!(target_endian = "little") {
        return Err(Cause::Architecture { plugin, program });
    }
    if header.e_type(endian) != elf::ET_DYN {
        return Err(Cause::NoLibrary("an ELF file, but no shared library"));
    }
    let mut elf = Elf { header, endian, data, bytes, mapped: 0 };
    elf.mapped = mapped_inside(&elf)?;
    Ok(elf)
}

/// Checks that every part that the loader will map lies inside the file, and gives where the last of them ends.
fn mapped_inside<'data, E, R>(
    &Elf { header, endian, data, bytes, .. }: &Elf<'data, E, R>,
) -> Result<u64, Cause>
where
    E: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let table = (
        header.e_phoff(endian).into(),
        u64::from(header.e_phnum(endian)) * u64::from(header.e_phentsize(endian)),
    );
    inside(table, bytes)?;
    let mut mapped = (table.0 + table.1).max(size_of::<E>() as u64);
    if header.phnum(endian, data).unwrap_or(0) > MOST_ENTRIES {
        return Err(Cause::Damaged("it says that it has thousands of segments"));
    }
    let segments = header
        .program_headers(endian, data)
        .map_err(|_| Cause::Damaged("its table of segments is not understood"))?;
    let (mut loads, mut dynamic) = (false, false);
    for segment in segments {
        let file_size: u64 = segment.p_filesz(endian).into();
        let memory_size: u64 = segment.p_memsz(endian).into();
        match segment.p_type(endian) {
            elf::PT_LOAD if file_size > memory_size => {
                return Err(Cause::Damaged("a segment is larger in the file than in memory"));
            }
            elf::PT_LOAD => loads = true,
            elf::PT_DYNAMIC => dynamic = true,
            _ => {}
        }
        let offset: u64 = segment.p_offset(endian).into();
        inside((offset, file_size), bytes)?;
        // One without bytes of its own (a stack's flags) may stand anywhere.
        if file_size > 0 {
            mapped = mapped.max(offset + file_size);
        }
    }
    if loads && dynamic { Ok(mapped) } else { Err(Cause::Damaged("it has nothing to load")) }
}

/// Reads what a library needs, by its segments, as the loader does.
fn dynamic<'data, E, R>(Elf { header, endian, data, mapped, .. }: Elf<'data, E, R>) -> Result<Tables, Cause>
where
    E: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let broken = || Cause::Damaged("its dynamic section is not understood");
    let segments = header.program_headers(endian, data).map_err(|_| broken())?;
    let is = |kind| move |segment: &&E::ProgramHeader| segment.p_type(endian) == kind;
    let dynamic = segments.iter().find(is(elf::PT_DYNAMIC)).ok_or_else(broken)?;
    let most = u64::from(MOST_ENTRIES) * size_of::<E::Dyn>() as u64;
    if dynamic.p_filesz(endian).into() > most {
        return Err(broken());
    }
    let entries = dynamic.dynamic(endian, data).map_err(|_| broken())?.unwrap_or_default();
    let entries: Vec<_> = entries
        .iter()
        .map(|entry| (entry.tag(endian), entry.val(endian)))
        .take_while(|(tag, _)| *tag != elf::DT_NULL)
        .collect();
    let all = |wanted| entries.iter().filter(move |(tag, _)| *tag == wanted).map(|(_, value)| *value);
    // Where the strings are in the file: their address is one in memory.
    let strings = all(elf::DT_STRTAB).next_back().ok_or_else(broken)?;
    let holds = |segment: &&E::ProgramHeader| {
        let from: u64 = segment.p_vaddr(endian).into();
        strings.checked_sub(from).is_some_and(|inside| inside < segment.p_filesz(endian).into())
    };
    let segment = segments.iter().filter(is(elf::PT_LOAD)).find(holds).ok_or_else(broken)?;
    let (from, offset): (u64, u64) = (segment.p_vaddr(endian).into(), segment.p_offset(endian).into());
    let end = offset + segment.p_filesz(endian).into();
    let text = |at: u64| {
        let start =
            (strings - from + offset).checked_add(at).filter(|start| *start < end).ok_or_else(broken)?;
        let range = start..end.min(start + LONGEST_TEXT);
        let text = data.read_bytes_at_until(range, 0).map_err(|()| broken())?;
        Ok(String::from_utf8_lossy(text).into_owned())
    };
    let needed = all(elf::DT_NEEDED).map(text).collect::<Result<_, _>>()?;
    let folders = match all(elf::DT_RUNPATH).next_back() {
        Some(folders) => Some(folders),
        None => all(elf::DT_RPATH).next_back(),
    };
    let folders = folders.map(text).transpose()?;
    let folders = folders.iter().flat_map(|folders| folders.split(':')).map(str::to_owned).collect();
    Ok(Tables { mapped, needed, folders })
}

/// The bytes of the section with the plugin's header.
fn section<'data, E, R>(
    Elf { header, endian, data, bytes, .. }: Elf<'data, E, R>,
) -> Result<&'data [u8], Cause>
where
    E: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let broken = |_| Cause::Damaged("its table of sections is not understood");
    let table = (
        header.e_shoff(endian).into(),
        u64::from(header.e_shnum(endian)) * u64::from(header.e_shentsize(endian)),
    );
    // The table stands at the end of a file, so that this also finds a file cut short behind its segments.
    inside(table, bytes)?;
    if header.shnum(endian, data).map_err(broken)? > MOST_ENTRIES {
        return Err(Cause::Damaged("it says that it has thousands of sections"));
    }
    let sections = header.sections(endian, data).map_err(broken)?;
    let (_, section) = sections.section_by_name(endian, SECTION.as_bytes()).ok_or(Cause::NoPlugin)?;
    let (offset, size): (u64, u64) = (section.sh_offset(endian).into(), section.sh_size(endian).into());
    inside((offset, size), bytes)?;
    data.read_bytes_at(offset, size.min(MOST_HEADER))
        .map_err(|()| Cause::Damaged("its plugin header cannot be read"))
}

fn inside((offset, size): (u64, u64), bytes: u64) -> Result<(), Cause> {
    match offset.checked_add(size) {
        Some(needed) if needed <= bytes => Ok(()),
        Some(needed) => Err(Cause::Truncated { bytes, needed }),
        None => Err(Cause::Damaged("a part of it lies beyond any file's end")),
    }
}

/// Returns what the file was built for, in the words of Rust's targets, so that it can be compared with this program.
fn machine<E: FileHeader<Endian = Endianness>>(header: &E, endian: Endianness) -> String {
    let name = match (header.e_machine(endian), header.is_class_64()) {
        (elf::EM_X86_64, true) => "x86_64",
        (elf::EM_X86_64, false) => "x86_64 with 32-bit pointers",
        (elf::EM_386, _) => "x86",
        (elf::EM_AARCH64, true) => "aarch64",
        (elf::EM_ARM, _) => "arm",
        (elf::EM_RISCV, true) => "riscv64",
        (elf::EM_RISCV, false) => "riscv32",
        (elf::EM_PPC64, _) => "powerpc64",
        (elf::EM_LOONGARCH, true) => "loongarch64",
        (elf::EM_S390, true) => "s390x",
        (elf::EM_MIPS, true) => "mips64",
        (elf::EM_MIPS, false) => "mips",
        (other, _) => return format!("an unknown machine (ELF number {})", other.0),
    };
    if header.is_little_endian() { name.into() } else { format!("{name} (big-endian)") }
}
