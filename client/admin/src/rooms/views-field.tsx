import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../../app/src/ui/button.tsx';
import { newView, sizeOfText } from '../model/view-form.ts';
import type { Base, Fit, Framerate, KeyFrameInterval, ViewForm } from '../model/view-form.ts';
import { Check, Select, TextField } from '../ui/fields.tsx';
import { Glyph } from '../ui/glyph.tsx';
import { SmallButton } from '../ui/parts.tsx';
import { TemplatesField } from './templates-field.tsx';

interface ViewsFieldProps {
  views: readonly ViewForm[];
  onChange: (views: ViewForm[]) => void;
}

/** What a room mixes. */
export const ViewsField = ({ views, onChange }: ViewsFieldProps): JSX.Element => {
  const [added, setAdded] = useState<number>();
  return (
    <fieldset class="views-field">
      <legend>Views (mixed streams)</legend>
      {views.map((view) => (
        <ViewFields
          key={view.key}
          view={view}
          open={view.key === added}
          onChange={(change) => {
            onChange(views.map((one) => (one === view ? { ...one, ...change } : one)));
          }}
          onRemove={() => {
            onChange(views.filter((one) => one !== view));
          }}
        />
      ))}
      <Button
        kind="link"
        onClick={() => {
          const view = newView(views.map(({ label }) => label));
          setAdded(view.key);
          onChange([...views, view]);
        }}
      >
        <Glyph name="plus" size={18} /> Add a view
      </Button>
    </fieldset>
  );
};

interface ViewFieldsProps {
  view: ViewForm;
  open: boolean;
  onChange: (change: Partial<ViewForm>) => void;
  onRemove: () => void;
}

const ViewFields = ({ view, open, onChange, onRemove }: ViewFieldsProps): JSX.Element => (
  <details class="view-settings" open={open}>
    <summary>
      <Glyph name="chevron" size={16} />
      <strong>{view.label === '' ? 'new view' : view.label}</strong>
      <span class="muted">
        {view.hasPicture
          ? `${view.size.replace('x', '×')} · ${String(view.framerate)} fps · ${view.base}`
          : 'sound only'}
      </span>
      <SmallButton glyph="trash" tone="danger" label={`Remove the view ${view.label}`} onClick={onRemove} />
    </summary>
    <div class="view-settings-fields">
      <TextField
        label="Label"
        name="viewLabel"
        value={view.label}
        onInput={(label) => {
          onChange({ label });
        }}
        hint="Letters, digits, _ and -. The id of its stream is the room, a hyphen and this."
      />
      <Check
        label="It has a picture"
        checked={view.hasPicture}
        onChange={(hasPicture) => {
          onChange({ hasPicture });
        }}
      />
      {view.hasPicture && (
        <>
          <PictureFields view={view} onChange={onChange} />
          <LayoutFields view={view} onChange={onChange} />
        </>
      )}
    </div>
  </details>
);

type PartProps = Pick<ViewFieldsProps, 'view' | 'onChange'>;

const sizes = ['640x360', '640x480', '854x480', '1280x720', '1920x1080', '720x1280'];
const framerates: readonly Framerate[] = [6, 12, 15, 24, 30, 48, 60];
const intervals: readonly KeyFrameInterval[] = [1, 2, 5, 30, 100];

const PictureFields = ({ view, onChange }: PartProps): JSX.Element => (
  <>
    <div class="field-trio">
      <TextField
        label="Size"
        name="viewSize"
        value={view.size}
        suggestions={sizes}
        onInput={(size) => {
          onChange({ size });
        }}
      />
      <Select
        label="Frames per second"
        name="viewFramerate"
        value={String(view.framerate)}
        options={framerates.map((rate) => [String(rate), String(rate)])}
        onChange={(rate) => {
          onChange({ framerate: Number(rate) as Framerate });
        }}
      />
      <Select
        label="Codec"
        name="viewCodec"
        value={view.codec}
        options={[
          ['vp8', 'VP8'],
          ['h264', 'H.264'],
        ]}
        onChange={(codec) => {
          onChange({ codec: codec as ViewForm['codec'] });
        }}
      />
      <TextField
        label="Bitrate, kbit/s"
        name="viewBitrate"
        value={view.bitrate}
        placeholder="by size"
        numeric
        onInput={(bitrate) => {
          onChange({ bitrate });
        }}
      />
      <Select
        label="Key frame each"
        name="viewKeyFrames"
        value={String(view.keyFrameInterval)}
        options={intervals.map((seconds) => [String(seconds), `${String(seconds)} s`])}
        onChange={(seconds) => {
          onChange({ keyFrameInterval: Number(seconds) as KeyFrameInterval });
        }}
      />
      <label class="field">
        <span>Background</span>
        <input
          type="color"
          name="viewBackground"
          value={view.background}
          onInput={(event) => {
            onChange({ background: event.currentTarget.value });
          }}
        />
      </label>
    </div>
    <div class="checks">
      {marks.map(([field, label]) => (
        <Check
          key={field}
          label={label}
          checked={view[field]}
          onChange={(checked) => {
            onChange({ [field]: checked });
          }}
        />
      ))}
    </div>
  </>
);

const marks = [
  ['labels', 'Names in the regions'],
  ['speakingMark', 'Frame around the speaker'],
  ['followsSpeaker', 'Speaker in the first region'],
] as const;

const bases: readonly (readonly [Base, string])[] = [
  ['fluid', 'Grid (fluid)'],
  ['lecture', 'Lecture'],
  ['void', 'Own templates only'],
];

const LayoutFields = ({ view, onChange }: PartProps): JSX.Element => {
  const { width, height } = sizeOfText(view.size) ?? { width: 16, height: 9 };
  return (
    <>
      <div class="field-trio">
        <Select
          label="Layout"
          name="viewBase"
          value={view.base}
          options={bases}
          onChange={(base) => {
            onChange({ base: base as Base });
          }}
        />
        <Select
          label="Pictures of another shape"
          name="viewFit"
          value={view.fit}
          options={[
            ['letterbox', 'whole, with bars'],
            ['crop', 'cut off'],
          ]}
          onChange={(fit) => {
            onChange({ fit: fit as Fit });
          }}
        />
        <TextField
          label="Regions at most"
          name="viewMaxInput"
          value={view.maxInput}
          numeric
          onInput={(maxInput) => {
            onChange({ maxInput });
          }}
        />
      </div>
      <TemplatesField
        templates={view.templates}
        ratio={width / Math.max(1, height)}
        onChange={(templates) => {
          onChange({ templates });
        }}
      />
    </>
  );
};
