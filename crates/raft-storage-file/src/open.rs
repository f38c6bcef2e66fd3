//! Opening a directory: the segments in order, and where the last one ends.

use std::collections::VecDeque;

use raft_storage::{RecordKey, Records, Write, WriteBatch};

use crate::disk::{
    Active, Draft, Found, Older, draft_name, log_start, make_segment, remove_if_there,
    segment_name, snapshot_name, without_entries,
};
use crate::frame::{
    ALIGN, BadHeader, HEADER, Header, VERSION, may_be_torn, read_frame, read_frame_if,
};
use crate::mistakes::Mistake;
use crate::{FileDisk, FileDiskError, FileSystem, Mistakes, Options};

/// What opening a disk found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OpenReport {
    /// The batches that were read.
    pub batches: u64,
    /// The bytes after the last whole batch. They were never acknowledged, and are not used.
    pub cut: u64,
    /// The files that a crash left over, and that were removed.
    pub leftovers: u64,
}

impl<F: FileSystem> FileDisk<F> {
    /// Opens a disk, with its records and what was found. An empty directory is a first start.
    ///
    /// # Errors
    /// If the directory cannot be read or written, another version wrote it, or a batch that was
    /// flushed is damaged.
    pub fn open(files: F, options: Options) -> Result<(Self, Records, OpenReport), FileDiskError> {
        Self::open_making(files, options, Mistakes::default())
    }

    /// The same, with mistakes, also later.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_making(
        mut files: F,
        options: Options,
        mistakes: Mistakes,
    ) -> Result<(Self, Records, OpenReport), FileDiskError> {
        let (found, report) = open_files(&mut files, options, mistakes)?;
        let records = found.records.clone();
        Ok((Self::from_found(files, (options, mistakes), found), records, report))
    }
}

fn open_files<F: FileSystem>(
    files: &mut F,
    options: Options,
    mistakes: Mistakes,
) -> Result<(Found<F::File>, OpenReport), FileDiskError> {
    let mut opened = OpenReport::default();
    let listed = list(files)?;
    let mut records = Records::default();
    for handle in &listed.snapshots {
        let name = snapshot_name(*handle);
        let file = files.open(&name).map_err(FileDiskError::io("cannot open", &name))?;
        let record = files.read(&file).map_err(FileDiskError::io("cannot read", &name))?;
        records.put(RecordKey::SnapshotFile(*handle), record.into());
    }
    let found = if listed.segments.is_empty() {
        if listed.was_in_use {
            return Err(damaged(&segment_name(1), 0, "it is gone, and other files are there"));
        }
        first_start(files, options, records)?
    } else {
        let mut reader = Reader { records, older: VecDeque::new(), next: 0, opened, mistakes };
        let active = reader.read_all(files, &listed.segments)?;
        reader.check_beginning(&listed)?;
        opened = reader.opened;
        let last = reader.next - 1;
        let active = match (active, reader.older.back().copied()) {
            (Some(active), _) => active,
            // The last segment has a torn end.
            (None, torn) => {
                let number = torn.map_or(0, |torn| torn.number) + 1;
                let others = without_entries(&reader.records);
                reader.next += 1;
                let (first, flushed) = (last + 1, last);
                let draft = Draft { number, first, flushed, others: &others, room: 0, options };
                make_segment(files, &draft, None, Mistakes::default())?
            }
        };
        let Reader { records, older, next, .. } = reader;
        Found { active, older, last: next - 1, records }
    };
    opened.leftovers = listed.leftovers.len() as u64;
    for name in listed.leftovers {
        // One may have become the segment that was just made.
        remove_if_there(files, &name)?;
    }
    // A name that the process before gave may not be durable, although it is seen.
    files.sync_names().map_err(FileDiskError::io("cannot flush", "the directory"))?;
    Ok((found, opened))
}

fn first_start<F: FileSystem>(
    files: &mut F,
    options: Options,
    records: Records,
) -> Result<Found<F::File>, FileDiskError> {
    let others = Records::default();
    let draft = Draft { number: 1, first: 1, flushed: 0, others: &others, room: 0, options };
    let active = make_segment(files, &draft, None, Mistakes::default())?;
    Ok(Found { active, older: VecDeque::new(), last: 1, records })
}

/// The files of a directory.
struct Listed {
    /// The numbers of the segments that follow each other up to the newest, ascending.
    segments: Vec<u64>,
    /// The handles of the files of snapshots, ascending.
    snapshots: Vec<u64>,
    /// What a crash left unfinished, or brought back.
    leftovers: Vec<String>,
    /// Whether there must have been a segment.
    was_in_use: bool,
}

fn list<F: FileSystem>(files: &F) -> Result<Listed, FileDiskError> {
    let names = files.names().map_err(FileDiskError::io("cannot list", "the directory"))?;
    let (mut segments, mut snapshots, mut leftovers) = (Vec::new(), Vec::new(), Vec::new());
    let mut was_in_use = false;
    for name in names {
        let Some((digits, kind)) = name.split_once('.') else { continue };
        let Ok(number) = u64::from_str_radix(digits, 16) else { continue };
        if format!("{number:016x}") != digits {
            continue;
        }
        match kind {
            "log" => segments.push(number),
            "snapshot" => snapshots.push(number),
            "log.new" | "snapshot.new" => {
                // Only the first segment is made when there is none.
                was_in_use |= name != draft_name(&segment_name(1));
                leftovers.push(name);
            }
            _ => {}
        }
    }
    was_in_use |= !snapshots.is_empty();
    segments.sort_unstable();
    snapshots.sort_unstable();
    let follows = |pair: &[u64]| pair[0] + 1 == pair[1];
    let gap = segments.windows(2).rposition(|pair| !follows(pair));
    let kept = segments.split_off(gap.map_or(0, |gap| gap + 1));
    leftovers.extend(segments.into_iter().map(segment_name));
    Ok(Listed { segments: kept, snapshots, leftovers, was_in_use })
}

struct Reader {
    records: Records,
    older: VecDeque<Older>,
    /// The sequence number of the next frame.
    next: u64,
    opened: OpenReport,
    mistakes: Mistakes,
}

impl Reader {
    /// Reads all segments. The last one, unless its end is torn.
    fn read_all<F: FileSystem>(
        &mut self,
        files: &mut F,
        segments: &[u64],
    ) -> Result<Option<Active<F::File>>, FileDiskError> {
        let mut headers = Vec::new();
        for number in segments {
            let name = segment_name(*number);
            let file = files.open(&name).map_err(FileDiskError::io("cannot open", &name))?;
            let start = files.read_start(&file, HEADER);
            let start = start.map_err(FileDiskError::io("cannot read", &name))?;
            let header = Header::read(&start).map_err(|bad| match bad {
                BadHeader::Version(found) => {
                    FileDiskError::Version { name: name.clone(), found, known: VERSION }
                }
                BadHeader::Damaged => damaged(&name, 0, "its header is not what was written"),
            })?;
            if header.number != *number {
                return Err(damaged(&name, 0, "it is another segment"));
            }
            headers.push((file, header));
        }
        let firsts: Vec<u64> = headers.iter().map(|(_, header)| header.first).collect();
        self.next = firsts[0];
        for (place, (file, header)) in headers.into_iter().enumerate() {
            let until = firsts.get(place + 1).copied();
            let active = self.read_segment(files, (file, header), until)?;
            if active.is_some() {
                return Ok(active);
            }
        }
        Ok(None)
    }

    /// Reads a segment. It goes on if it is the last one, and its end is not torn.
    fn read_segment<F: FileSystem>(
        &mut self,
        files: &mut F,
        (file, header): (F::File, Header),
        until: Option<u64>,
    ) -> Result<Option<Active<F::File>>, FileDiskError> {
        let Header { number, capacity, salt, .. } = header;
        let name = segment_name(number);
        let bytes = files.read(&file).map_err(FileDiskError::io("cannot read", &name))?;
        if bytes.len() as u64 != capacity {
            return Err(damaged(&name, bytes.len() as u64, "it has not the length that it had"));
        }
        let (end, last_entry) = self.read_frames(header, &bytes, until)?;
        if until.is_none() {
            // What the process before wrote may be seen, and not be on the medium: also if its
            // flush failed, a flush alone would not bring it there.
            let stored = files.write_at(&file, &bytes[..end], 0).and_then(|()| files.sync(&file));
            stored.map_err(FileDiskError::io("cannot flush", &name))?;
            let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            self.opened.cut = used.saturating_sub(end) as u64;
            if self.opened.cut == 0 {
                let end = end as u64;
                return Ok(Some(Active { file, number, end, capacity, salt, last_entry }));
            }
        }
        self.older.push_back(Older { number, last_entry });
        Ok(None)
    }

    /// Segments before a gap are not needed, if the log starts in those after it.
    fn check_beginning(&self, listed: &Listed) -> Result<(), FileDiskError> {
        let start = log_start(&self.records);
        let mut entries = self.records.iter().filter_map(|(key, _)| {
            let RecordKey::Entry(index) = key else { return None };
            Some(index.0)
        });
        let is_whole = entries.next().is_none_or(|first| first <= start + 1);
        if is_whole {
            return Ok(());
        }
        let missing = listed.segments[0].saturating_sub(1);
        Err(damaged(&segment_name(missing), 0, "it is gone, and the log begins in it"))
    }

    /// Reads the frames of a segment, up to this sequence number or to the end. The place after
    /// them, and the largest index of an entry.
    fn read_frames(
        &mut self,
        Header { number, salt, .. }: Header,
        bytes: &[u8],
        until: Option<u64>,
    ) -> Result<(usize, u64), FileDiskError> {
        let name = segment_name(number);
        let (mut place, mut last_entry) = (HEADER, 0);
        let first = self.next;
        while until != Some(self.next) {
            let takes_torn = self.mistakes.has(Mistake::TornIsWhole);
            let frame = match takes_torn {
                false => read_frame(bytes, place, salt),
                true => read_frame_if(bytes, (place, salt), |_, _| true),
            };
            let Some(frame) = frame.filter(|frame| frame.sequence == self.next) else {
                // The first frame was flushed before the segment got its name.
                let was_flushed = until.is_some()
                    || self.next == first
                    || is_acknowledged(bytes, (place, salt), self.next);
                if was_flushed && !self.mistakes.has(Mistake::HoleIsTheEnd) {
                    return Err(damaged(
                        &name,
                        place as u64,
                        "a batch that was flushed is not whole",
                    ));
                }
                break;
            };
            let batch = if takes_torn { Some(frame.beginning()) } else { frame.batch() };
            let batch = batch.ok_or_else(|| damaged(&name, place as u64, "it is no batch"))?;
            last_entry = last_entry.max(self.apply(&batch));
            (place, self.next) = (frame.end, self.next + 1);
            self.opened.batches += 1;
        }
        Ok((place, last_entry))
    }

    /// The largest index of an entry that the batch writes.
    fn apply(&mut self, batch: &WriteBatch) -> u64 {
        let mut last_entry = 0;
        for write in &batch.writes {
            if let Write::Put { key: RecordKey::Entry(index), .. } = write {
                last_entry = last_entry.max(index.0);
            }
        }
        // The files of snapshots are beside the segments.
        let is_of_file = |write: &&Write| match write {
            Write::Put { key, .. } | Write::Delete { key } => {
                matches!(key, RecordKey::SnapshotFile(_))
            }
            Write::DeleteFiles => true,
            Write::DeleteEntries { .. } => false,
        };
        let writes = batch.writes.iter().filter(|write| !is_of_file(write)).cloned().collect();
        self.records.apply(&WriteBatch { writes });
        last_entry
    }
}

/// Whether the missing frame is not just torn, or a later one says that it was flushed.
fn is_acknowledged(bytes: &[u8], (place, salt): (usize, u64), sequence: u64) -> bool {
    if !may_be_torn(bytes, place, salt) {
        return true;
    }
    let mut later = (place + ALIGN..bytes.len()).step_by(ALIGN);
    later.any(|place| {
        let frame = read_frame(bytes, place, salt);
        frame.is_some_and(|frame| frame.sequence > sequence && frame.flushed >= sequence)
    })
}

fn damaged(name: &str, place: u64, reason: &'static str) -> FileDiskError {
    FileDiskError::Damaged { name: name.to_owned(), place, reason }
}
