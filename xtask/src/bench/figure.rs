//! The figures: what they are called, their unit, and what agm aims at.

/// Everything that is measured, in the order in which it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Figure {
    Cpu,
    CpuLongPrompt,
    Throughput,
    AddedMedian,
    AddedTail,
    FirstToken,
    FirstTokenTail,
    Frame,
    FirstTokenMany,
    FirstTokenManyTail,
    FramesLate,
    FramesLost,
    MemoryIdle,
    MemoryLoaded,
    MemoryLater,
    Start,
    Stop,
    Saved,
    Live,
    Size,
}

/// How a figure is shown.
pub(super) struct Shown {
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    pub(super) decimals: usize,
    /// What agm aims at; empty where there is no aim.
    pub(super) aim: &'static str,
}

impl Figure {
    pub(super) const ALL: [Self; 20] = [
        Self::Cpu,
        Self::CpuLongPrompt,
        Self::Throughput,
        Self::AddedMedian,
        Self::AddedTail,
        Self::FirstToken,
        Self::FirstTokenTail,
        Self::Frame,
        Self::FirstTokenMany,
        Self::FirstTokenManyTail,
        Self::FramesLate,
        Self::FramesLost,
        Self::MemoryIdle,
        Self::MemoryLoaded,
        Self::MemoryLater,
        Self::Start,
        Self::Stop,
        Self::Saved,
        Self::Live,
        Self::Size,
    ];

    /// The aims are those of the gateway's specification.
    pub(super) fn shown(self) -> Shown {
        let (title, unit, decimals, aim) = match self {
            Self::Cpu => ("CPU per request, 8 connections, 1 KiB prompt", "µs", 1, "≤ 1.5 × nginx"),
            Self::CpuLongPrompt => ("CPU per request, 8 connections, 120 KiB prompt", "µs", 1, ""),
            Self::Throughput => ("requests per second, 64 connections", "1/s", 0, "≥ 0.6 × nginx"),
            Self::AddedMedian => ("latency added to direct, 1 connection, median", "µs", 0, "≤ 50"),
            Self::AddedTail => ("latency added to direct, 1 connection, 99 %", "µs", 0, "≤ 300"),
            Self::FirstToken => ("first token, 64 streams, median", "ms", 2, "≤ 0.4"),
            Self::FirstTokenTail => ("first token, 64 streams, 99 %", "ms", 2, "≤ 5"),
            Self::Frame => ("a frame from mock to client, 64 streams, median", "ms", 2, ""),
            Self::FirstTokenMany => ("first token, 512 streams, median", "ms", 2, ""),
            Self::FirstTokenManyTail => ("first token, 512 streams, 99 %", "ms", 2, ""),
            Self::FramesLate => ("frames more than 20 ms under way, 512 streams", "of 10 000", 2, "0"),
            Self::FramesLost => ("frames lost, 512 streams", "of 10 000", 2, "0"),
            Self::MemoryIdle => ("memory, idle after the start", "MiB", 1, "≤ 20"),
            Self::MemoryLoaded => ("memory, right after the load", "MiB", 1, "≤ 40"),
            Self::MemoryLater => ("memory, some time after the load", "MiB", 1, "given back"),
            Self::Start => ("start to first answer", "ms", 0, "≤ 50"),
            Self::Stop => ("stop when idle", "ms", 0, "≤ 1000"),
            Self::Saved => ("a change: until it is saved", "ms", 1, ""),
            Self::Live => ("a change: until it serves", "ms", 1, "< 50"),
            Self::Size => ("executable", "MiB", 1, "≤ 20"),
        };
        Shown { title, unit, decimals, aim }
    }

    /// Whether it says something to divide it by nginx's: not what may be zero or less, and not what is no property of a proxy.
    pub(super) fn compares(self) -> bool {
        !matches!(self, Self::AddedMedian | Self::AddedTail | Self::FramesLate | Self::FramesLost | Self::Size)
    }
}
