import { PorticoError } from '../../../../common/contract/errors.ts';
import type { MemberId, StreamId } from '../../../../common/contract/ids.ts';
import type { LayoutChange } from '../../../../common/contract/layout.ts';
import type { ForwardStreamInfo, MixedStreamInfo } from '../../../../common/contract/media.ts';
import { checkLayout } from '../../../../common/layout/check.ts';
import { ViewLayout } from '../../../../common/layout/view-layout.ts';
import { mixedStream } from './samples.ts';

/** A view of a scripted room, with the real rules of layouts. */
export class ScriptedView {
  readonly label: string;
  /** Where it is mixed; undefined: it is not. */
  agent: MemberId | undefined;
  followsSpeaker = false;
  readonly inputs = new Set<StreamId>();
  readonly #layout = new ViewLayout({ maxInput: 16, templates: { base: 'fluid', custom: [] } });
  readonly #id: string;

  constructor(room: string, label: string) {
    this.label = label;
    this.#id = `${room}-${label}`;
  }

  get stream(): MixedStreamInfo {
    const { layout, template } = this.#layout;
    return mixedStream(this.#id, { label: this.label, layout, template, follow: this.followsSpeaker });
  }

  mix(stream: ForwardStreamInfo): void {
    this.inputs.add(stream.id);
    if (stream.media.tracks.some(({ type }) => type === 'video')) this.#layout.add(stream.id);
    stream.info.inViews = [...new Set([...stream.info.inViews, this.label])];
  }

  unmix(stream: ForwardStreamInfo): void {
    this.inputs.delete(stream.id);
    this.#layout.remove(stream.id);
    stream.info.inViews = stream.info.inViews.filter((label) => label !== this.label);
  }

  change(change: LayoutChange): void {
    if ('template' in change) this.#layout.setTemplate(change.template);
    else if ('layout' in change) {
      const isMixed = (id: StreamId): boolean => this.inputs.has(id);
      this.#layout.setLayout(checkLayout(change.layout, { isMixed }));
    } else if ('primary' in change) this.#layout.primary(change.primary);
    else if ('region' in change) this.#layout.swap(change.stream, change.region);
    else if ('index' in change) this.#layout.place(change.stream, change.index);
    else this.followsSpeaker = change.keepActiveInputPrimary;
  }
}

export const noView = (): PorticoError =>
  new PorticoError('not_found', 'the room has no such view', { field: 'view' });
