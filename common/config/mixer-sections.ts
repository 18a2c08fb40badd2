import { z } from 'zod';
import { Port, PositiveMs } from './key-types.ts';

/* What mixer agents do: mixed streams, recordings, live streams. */

export const Mixer = z.strictObject({
  ffmpeg: z
    .string()
    .default('')
    .describe('Path of FFmpeg; empty: FFMPEG_BIN, the package ffmpeg-static, or `ffmpeg` on the PATH.'),
  workers: z.int().min(1).default(1).describe('mediasoup workers that bring streams to mixes and back.'),
  idle_ms: PositiveMs.default(3_000).describe('A mix that nobody watches any more stops after this.'),
  spare: z.int().min(0).default(1).describe('Mix processes kept ready, so that a new mix starts at once.'),
  max_load: z
    .number()
    .positive()
    .max(1)
    .default(0.85)
    .describe('Share of the CPU above which no further mix is taken.'),
  outputs_per_view: z
    .int()
    .min(1)
    .max(32)
    .default(4)
    .describe('Different sizes, rates or bitrates of one view that are encoded at a time.'),
  hold_ms: PositiveMs.default(2_000).describe(
    'How long the last picture of somebody stays when no more come, before the avatar.',
  ),
  min_delay_ms: PositiveMs.default(60).describe('Least time that inputs are buffered against jitter.'),
  max_delay_ms: PositiveMs.default(250).describe('Longest time of that.'),
});

/** An S3-compatible store that takes finished files. */
const S3 = z.strictObject({
  endpoint: z.string().min(1).describe('URL of the service, e.g. https://s3.eu-central-1.amazonaws.com.'),
  region: z.string().default('us-east-1').describe('Region that requests are signed for.'),
  bucket: z.string().min(3).describe('Bucket; it must exist.'),
  prefix: z.string().default('').describe('Put before the names of files.'),
  access_key: z.string().min(1).describe('Id of the key.'),
  secret_key: z.string().min(1).describe('Secret of the key.').meta({ secret: true }),
  path_style: z.boolean().default(true).describe('Name the bucket in the path, not in the host.'),
  delete_local: z.boolean().default(false).describe('Remove files from the folder once they are uploaded.'),
});

export const Recording = z.strictObject({
  path: z
    .string()
    .default('')
    .describe('Folder of recordings; empty: `recordings` in the data folder. Agents may share it.'),
  shared: z
    .boolean()
    .default(false)
    .describe('All mixer agents have the same folder: parts of a recording are joined into one file.'),
  per_agent: z.int().min(1).default(50).describe('Recordings and live streams out on one agent at a time.'),
  min_free_mb: z
    .int()
    .min(0)
    .default(1_024)
    .describe('Free space below which nothing new is recorded; at half of it running ones are ended.'),
  room_quota_mb: z
    .int()
    .min(0)
    .default(0)
    .describe('Space of all recordings of one room; 0: no limit. A recording that reaches it ends.'),
  sync_ms: PositiveMs.default(2_000).describe(
    'How often what was written is made safe against loss of power.',
  ),
  command: z
    .array(z.string())
    .default([])
    .describe(
      'Program and arguments started for each finished recording; the last argument will be its sidecar file.',
    )
    .meta({ examples: [['/usr/local/bin/recording-done']] }),
  s3: S3.nullable()
    .default(null)
    .describe('Upload finished files to S3-compatible storage; unset: they stay where they are.')
    .meta({
      examples: [
        { endpoint: 'https://s3.example.com', bucket: 'meetings', access_key: 'id', secret_key: 'secret' },
      ],
    }),
});

export const Streaming = z.strictObject({
  host: z.string().default('127.0.0.1').describe('Address that HLS and DASH made here are served on.'),
  port: Port.default(0).describe('TCP port of that; 0 takes a free one.'),
  public_url: z
    .string()
    .default('')
    .describe('URL under which players reach it; empty: derived from host and port.'),
  path: z
    .string()
    .default('')
    .describe('Folder for playlists and segments; empty: a folder for temporary files, removed at the end.'),
  private_networks: z
    .boolean()
    .default(false)
    .describe('Allow URLs whose host is in a private, link-local or loopback network.'),
  input_folders: z
    .array(z.string())
    .default([])
    .describe('Folders whose files may be streamed into rooms (file:// URLs); none unless listed.')
    .meta({ examples: [['/srv/media']] }),
  retry_ms: PositiveMs.default(1_000).describe(
    'Pause before a lost connection is tried again; doubles each time.',
  ),
  max_retry_ms: PositiveMs.default(30_000).describe('Longest of these pauses.'),
  retry_for_ms: PositiveMs.default(600_000).describe('After so long without success it is given up.'),
  connect_ms: PositiveMs.default(10_000).describe('How long the far end may take to answer.'),
});
