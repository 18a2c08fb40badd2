import { dirname } from 'node:path';
import { matroskaInput } from '../transcode/demuxing.ts';
import { audioEncoding, evenSize, videoEncoding } from '../transcode/encoding.ts';
import type { EgressProcessTarget } from '../protocol.ts';
import type { Tracks } from '../unit.ts';
import { type AudioPath, audioPath, type VideoPath, videoPath, type Wishes } from './carriage.ts';

export type LiveTarget = Extract<EgressProcessTarget, { type: 'live' }>;

export interface PushPlan {
  target: LiveTarget;
  tracks: Tracks;
  wishes: Wishes;
  keyFrameInterval: number;
  /** Where FFmpeg writes: the destination, or somebody who passes it on. */
  output: string;
  /** A playlist of before is to go on. */
  goesOn: boolean;
  /** Part of the names of segments that no other child has. */
  run: string;
}

/** A key frame that comes a little early must not make a segment twice as long. */
const earliestCut = 0.5;
const earliestDashCut = 0.9;
/** Bytes that wait in the system for a far end; with more it would take long to notice that it takes none. */
const sendBuffer = 131_072;
/** Segments that are no longer in the playlist and still there, for players that are behind. */
const keptSegments = 3;

/** Whether pictures go out as they come: then key frames that begin a segment are marked by us. */
export const marksCuts = ({ target, tracks, wishes }: PushPlan): boolean =>
  target.protocol === 'hls' &&
  tracks.video !== undefined &&
  videoPath(target.protocol, tracks, wishes.video).copy;

/** Arguments of the FFmpeg that sends a live stream. */
export function pushArguments(plan: PushPlan): string[] {
  const { target, tracks, wishes } = plan;
  const video = tracks.video && videoPath(target.protocol, tracks, wishes.video);
  const audio = tracks.audio && audioPath(target.protocol, tracks, { picture: video, wish: wishes.audio });
  // Otherwise every key frame would be marked as one once more.
  const input = marksCuts(plan) ? ['-fflags', '+noparse'] : [];
  return [
    ...matroskaInput(tracks, input),
    ...['-progress', 'pipe:1', '-stats_period', '0.5'],
    // Sound must not wait for pictures that do not come.
    ...['-max_interleave_delta', '500000', '-max_muxing_queue_size', '1024'],
    ...(video === undefined ? [] : videoArguments(plan, video)),
    ...(audio === undefined ? [] : audioArguments(audio)),
    ...outputs[target.protocol](plan),
    plan.output,
  ];
}

function videoArguments({ target, tracks, keyFrameInterval }: PushPlan, path: VideoPath): string[] {
  if (path.copy) {
    // The size may change with any key frame: the far end is told by new headers.
    const isFlv = target.protocol === 'rtmp';
    return ['-c:v', 'copy', ...(isFlv ? ['-bsf:v', 'h264_mp4toannexb,extract_extradata'] : [])];
  }
  const { resolution, ...rest } = path;
  const size = resolution ?? tracks.video?.size ?? { width: 640, height: 360 };
  return videoEncoding({ ...rest, size: evenSize(size), keyFrameInterval });
}

const audioArguments = (path: AudioPath): string[] =>
  path.copy ? ['-c:a', 'copy'] : audioEncoding(path.codec);

const microseconds = (ms: number): string => String(Math.round(ms * 1_000));

const outputs: Record<LiveTarget['protocol'], (plan: PushPlan) => string[]> = {
  // `-timeout` would make it wait for a connection.
  rtmp: ({ target: { retry } }) => [
    ...['-rw_timeout', microseconds(retry.connectMs), '-send_buffer_size', String(sendBuffer)],
    ...['-flvflags', 'no_duration_filesize', '-f', 'flv'],
  ],
  rtsp: ({ target: { retry } }) => [
    ...['-rtsp_transport', 'tcp', '-timeout', microseconds(retry.connectMs)],
    ...['-buffer_size', String(sendBuffer), '-f', 'rtsp'],
  ],
  srt: ({ target: { retry } }) => [
    ...['-rw_timeout', microseconds(retry.connectMs), '-connect_timeout', String(retry.connectMs)],
    ...['-flush_packets', '1', '-f', 'mpegts'],
  ],
  hls: (plan) => hlsOutput(plan),
  dash: (plan) => dashOutput(plan),
};

/**
 * A key frame that is marked, or that the encoder made for it, ends a segment; so does sound alone after just its length.
 * Numbers of segments begin with the time, so that no name is ever used for another one.
 */
function hlsOutput({ target, tracks, output, goesOn }: PushPlan): string[] {
  const { segmentDuration, segments } = target;
  const length = tracks.video === undefined ? segmentDuration : segmentDuration * earliestCut;
  const flags = ['independent_segments', 'temp_file'];
  if (segments > 0) flags.push('delete_segments');
  if (goesOn) flags.push('append_list');
  return [
    ...['-f', 'hls', '-hls_time', String(length), '-hls_list_size', String(segments)],
    ...['-hls_flags', flags.join('+'), '-hls_delete_threshold', String(keptSegments)],
    ...['-hls_start_number_source', 'epoch'],
    ...['-hls_segment_filename', `${dirname(output)}/segment-%d.ts`],
  ];
}

function dashOutput({ target, tracks, run }: PushPlan): string[] {
  const { segmentDuration, segments } = target;
  const length = tracks.video === undefined ? segmentDuration : segmentDuration * earliestDashCut;
  const sets = Object.keys(tracks).map((_kind, index) => `id=${index},streams=${index}`);
  return [
    ...['-f', 'dash', '-seg_duration', length.toFixed(3), '-window_size', String(segments)],
    ...['-extra_window_size', String(keptSegments), '-use_template', '1', '-use_timeline', '1'],
    ...['-adaptation_sets', sets.join(' ')],
    ...['-init_seg_name', `init-${run}-$RepresentationID$.$ext$`],
    ...['-media_seg_name', `segment-${run}-$RepresentationID$-$Number%05d$.$ext$`],
  ];
}
