import { z } from 'zod';
import { MemberId, StreamId } from '../../common/contract/ids.ts';
import { LayoutChange, LayoutMode } from '../../common/contract/layout.ts';
import { MixMeasure } from '../../common/contract/mixing.ts';
import { RoomParams } from './common.ts';
import { MixedStream10, MixedStream11 } from './streams.ts';

const viewOf = <S extends z.ZodType>(stream: S) =>
  z.object({
    label: z.string().describe('Name of the view.'),
    stream,
    running: z.boolean().describe('Whether it is being mixed: it is while somebody receives it.'),
    agent: MemberId.optional().describe('The mixer agent that does it.'),
    inputs: z
      .array(StreamId)
      .describe('Streams that are mixed in; those with a picture that find no region wait.'),
    ...LayoutMode.partial().shape,
    measure: MixMeasure.optional().describe(
      'How the mix does; absent while it does not run or its agent is silent.',
    ),
  });

/** A view as v1 shows it. */
export const View10 = viewOf(MixedStream10).meta({
  id: 'View10',
  description: 'A view of a room that runs, as v1 shows it.',
});
export type View10 = z.infer<typeof View10>;

/** A view as v1.1 shows it. */
export const View11 = viewOf(MixedStream11).meta({
  id: 'View11',
  description: 'A view of a room that runs, as v1.1 shows it.',
});
export type View11 = z.infer<typeof View11>;

export const ViewParams = RoomParams.extend({ view: z.string().describe('Name of the view.') });

/** Body of `PATCH views/{v}`. */
export const ViewPatch = LayoutChange.describe(
  'One change: `template` (`fluid`, `lecture`, null: as configured), `layout` (regions, those with a stream first), ' +
    '`primary` (stream that goes into the first region), `stream` with `region` (its id) or `index`, ' +
    'or `keepActiveInputPrimary`.',
);
export type ViewPatch = z.input<typeof ViewPatch>;
