import { z } from 'zod';
import { StreamId } from './ids.ts';

/* How a mixed picture is divided (OWT 5.4, 7.4, 8 and 10). */

/** `"1/3"`, `"0"`, `"1"` or a decimal between 0 and 1. */
const Fraction = z.union([
  z
    .string()
    .regex(
      /^(0|1|\d{1,10}\/[1-9]\d{0,9}|0?\.\d{1,9}|1\.0+)$/,
      'must be a fraction such as "1/3", or a decimal',
    ),
  z.number().min(0).max(1),
]);

/** A part of a mixed picture as it is asked for (OWT 8); fractions of its width and height. */
export const Region = z.strictObject({
  id: z.string().min(1).max(50),
  shape: z.literal('rectangle'),
  area: z.strictObject({ left: Fraction, top: Fraction, width: Fraction, height: Fraction }),
});
export type Region = z.infer<typeof Region>;

const RationalText = z.string().regex(/^\d+\/[1-9]\d*$/);

/** The same as it is told: always `"n/d"`. */
export const LayoutRegion = z.object({
  id: z.string(),
  shape: z.literal('rectangle'),
  area: z.object({ left: RationalText, top: RationalText, width: RationalText, height: RationalText }),
});
export type LayoutRegion = z.infer<typeof LayoutRegion>;

/** A region and the stream that is shown there; without one it is empty. */
export const LayoutEntry = z.object({ stream: StreamId.optional(), region: LayoutRegion });
export type LayoutEntry = z.infer<typeof LayoutEntry>;

/** What a mixed stream shows where, in the order of its regions. */
export const Layout = z.array(LayoutEntry).max(256);
export type Layout = z.infer<typeof Layout>;

/** A complete layout as it is asked for; regions without a stream come last. */
export const WantedLayout = z
  .array(z.strictObject({ stream: StreamId.optional(), region: Region }))
  .min(1)
  .max(256);
export type WantedLayout = z.infer<typeof WantedLayout>;

/** Families of layouts that grow with the number of inputs. */
export const TemplateBase = z.enum(['fluid', 'lecture', 'void']);
export type TemplateBase = z.infer<typeof TemplateBase>;

/** What decides about the regions of a view. */
export const LayoutMode = z.object({
  template: z
    .enum([...TemplateBase.options, 'custom'])
    .describe('Base of the templates that choose the regions; `custom`: regions that somebody set.'),
  follow: z.boolean().describe('Whether whoever speaks moves to the first region.'),
});
export type LayoutMode = z.infer<typeof LayoutMode>;

/**
 * A change of a layout. `template`: the view's own templates again, with this base (absent: as configured). `layout`: exactly
 * these regions. `primary`: this stream into the first region. `stream`: into a region, by its id or its place in the
 * layout; the two streams change places. `keepActiveInputPrimary`: whether the one who speaks moves to the first region.
 */
export const LayoutChange = z.union([
  z.strictObject({ template: TemplateBase.exclude(['void']).nullable() }),
  z.strictObject({ layout: WantedLayout }),
  z.strictObject({ primary: StreamId }),
  z.strictObject({ stream: StreamId, region: z.string().min(1).max(50) }),
  z.strictObject({ stream: StreamId, index: z.int().min(0).max(255) }),
  z.strictObject({ keepActiveInputPrimary: z.boolean() }),
]);
export type LayoutChange = z.infer<typeof LayoutChange>;

/** What a view shows, as it is remembered for whoever rebuilds the room. */
export const LayoutRecord = z.object({
  /** Its inputs with picture, in the order in which they take regions; those beyond the last region wait. */
  inputs: z.array(StreamId),
  /** Base that was chosen; absent: as configured. */
  base: TemplateBase.optional(),
  /** Regions that were set; absent: by template. */
  regions: z.array(LayoutRegion).optional(),
});
export type LayoutRecord = z.infer<typeof LayoutRecord>;
