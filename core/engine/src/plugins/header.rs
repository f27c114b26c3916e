//! A plugin's header read from its file, without loading anything.
//!
//! `dlopen` runs a library's constructors, and one that is truncated ends the process by SIGBUS. So the ELF tables are
//! read first, as System V's ABI (gABI 4.1, chapters 4 and 5) has them: that it is a library for this machine, that
//! all that will be mapped lies inside the file, and the section that holds the header. What is read is small and
//! bounded, whatever the file says about itself.

use super::error::Cause;
use mutoscope_plugin::abi::header::{Header, SECTION};
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, FileKind, ReadCache, ReadRef};
use std::fs::File;

/// Entries of the tables of segments and sections; a plugin has about 10 and 40.
const MOST_ENTRIES: u32 = 4096;
/// Bytes of the header's section that are read: a later version's header may have grown, but not that far.
const MOST_HEADER: u64 = 4096;
/// How a static library or an rlib starts (ar(5)): the mistake of an author whose crate is not a cdylib.
const ARCHIVE: &[u8] = b"!<arch>\n";

/// Reads the header of the plugin in `file`, and checks it against this program.
///
/// # Errors
/// Whatever keeps this file from being loaded, as far as its tables tell.
pub fn read(file: &File) -> Result<Header, Cause> {
    let cache = ReadCache::new(file);
    let section = match class(&cache)? {
        Class::Elf32 => section(library::<FileHeader32<Endianness>, _>(&cache)?),
        Class::Elf64 => section(library::<FileHeader64<Endianness>, _>(&cache)?),
    }?;
    let header = Header::read(section).map_err(|error| Cause::Header(error.message().to_owned()))?;
    header.check().map_err(|error| Cause::Header(error.message().to_owned()))?;
    Ok(header)
}

/// Checks that a file, plugin or not, is a library for this machine and all there.
pub(super) fn check_library(file: &File) -> Result<(), Cause> {
    let cache = ReadCache::new(file);
    match class(&cache)? {
        Class::Elf32 => library::<FileHeader32<Endianness>, _>(&cache).map(drop),
        Class::Elf64 => library::<FileHeader64<Endianness>, _>(&cache).map(drop),
    }
}

enum Class {
    Elf32,
    Elf64,
}

fn class<'data>(data: impl ReadRef<'data>) -> Result<Class, Cause> {
    match FileKind::parse(data) {
        Ok(FileKind::Elf32) => Ok(Class::Elf32),
        Ok(FileKind::Elf64) => Ok(Class::Elf64),
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
    let elf = Elf { header, endian, data, bytes };
    mapped_inside(&elf)?;
    Ok(elf)
}

/// Every part that the loader will map lies inside the file.
fn mapped_inside<'data, E, R>(&Elf { header, endian, data, bytes }: &Elf<'data, E, R>) -> Result<(), Cause>
where
    E: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let table = (
        header.e_phoff(endian).into(),
        u64::from(header.e_phnum(endian)) * u64::from(header.e_phentsize(endian)),
    );
    inside(table, bytes)?;
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
        inside((segment.p_offset(endian).into(), file_size), bytes)?;
    }
    if loads && dynamic { Ok(()) } else { Err(Cause::Damaged("it has nothing to load")) }
}

/// The bytes of the section with the plugin's header.
fn section<'data, E, R>(Elf { header, endian, data, bytes }: Elf<'data, E, R>) -> Result<&'data [u8], Cause>
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

/// What the file was built for, in the words of Rust's targets, so that it can be compared with this program.
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
