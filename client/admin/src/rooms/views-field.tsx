import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../../app/src/ui/button.tsx';
import { newView, sizeOfText } from '../model/view-form.ts';
import type { ViewForm } from '../model/view-form.ts';
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
      <ViewText
        view={view}
        onChange={onChange}
        field="label"
        label="Label"
        hint="Letters, digits, _ and -. The id of its stream is the room, a hyphen and this."
      />
      <ViewCheck view={view} onChange={onChange} field="hasPicture" label="It has a picture" />
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

/** Fields of the form with values of this type. */
type FieldOf<T> = { [K in keyof ViewForm]: ViewForm[K] extends T ? K : never }[keyof ViewForm];

interface TextProps extends PartProps, Omit<Parameters<typeof TextField>[0], 'name' | 'value' | 'onInput'> {
  field: Extract<FieldOf<string>, 'label' | 'size' | 'bitrate' | 'maxInput'>;
}

const ViewText = ({ view, onChange, field, ...looks }: TextProps): JSX.Element => (
  <TextField
    {...looks}
    name={nameOf(field)}
    value={view[field]}
    onInput={(value) => {
      onChange({ [field]: value });
    }}
  />
);

type ChoiceField = 'framerate' | 'codec' | 'keyFrameInterval' | 'base' | 'fit';

interface ChoiceProps<K extends ChoiceField> extends PartProps {
  field: K;
  label: string;
  /** Value and what it is called. */
  options: readonly (readonly [ViewForm[K], string])[];
}

const ViewChoice = <K extends ChoiceField>({
  view,
  onChange,
  field,
  label,
  options,
}: ChoiceProps<K>): JSX.Element => (
  <Select
    label={label}
    name={nameOf(field)}
    value={String(view[field])}
    options={options.map(([value, text]) => [String(value), text])}
    onChange={(chosen) => {
      const [value] = options.find(([one]) => String(one) === chosen) ?? [];
      if (value !== undefined) onChange({ [field]: value });
    }}
  />
);

type CheckField = FieldOf<boolean>;

const ViewCheck = ({
  view,
  onChange,
  field,
  label,
}: PartProps & { field: CheckField; label: string }): JSX.Element => (
  <Check
    label={label}
    checked={view[field]}
    onChange={(checked) => {
      onChange({ [field]: checked });
    }}
  />
);

/** `viewSize` for `size`. */
const nameOf = (field: string): string => `view${field.charAt(0).toUpperCase()}${field.slice(1)}`;

const sizes = ['640x360', '640x480', '854x480', '1280x720', '1920x1080', '720x1280'];
const framerates = ([6, 12, 15, 24, 30, 48, 60] as const).map((rate) => [rate, String(rate)] as const);
const codecs = [
  ['vp8', 'VP8'],
  ['h264', 'H.264'],
] as const;
const intervals = ([1, 2, 5, 30, 100] as const).map((seconds) => [seconds, `${String(seconds)} s`] as const);

const marks = [
  ['labels', 'Names in the regions'],
  ['speakingMark', 'Frame around the speaker'],
  ['followsSpeaker', 'Speaker in the first region'],
] as const;

const PictureFields = (part: PartProps): JSX.Element => (
  <>
    <div class="field-trio">
      <ViewText {...part} field="size" label="Size" suggestions={sizes} />
      <ViewChoice {...part} field="framerate" label="Frames per second" options={framerates} />
      <ViewChoice {...part} field="codec" label="Codec" options={codecs} />
      <ViewText {...part} field="bitrate" label="Bitrate, kbit/s" placeholder="by size" numeric />
      <ViewChoice {...part} field="keyFrameInterval" label="Key frame each" options={intervals} />
      <label class="field">
        <span>Background</span>
        <input
          type="color"
          name="viewBackground"
          value={part.view.background}
          onInput={(event) => {
            part.onChange({ background: event.currentTarget.value });
          }}
        />
      </label>
    </div>
    <div class="checks">
      {marks.map(([field, label]) => (
        <ViewCheck key={field} {...part} field={field} label={label} />
      ))}
    </div>
  </>
);

const bases = [
  ['fluid', 'Grid (fluid)'],
  ['lecture', 'Lecture'],
  ['void', 'Own templates only'],
] as const;

const fits = [
  ['letterbox', 'whole, with bars'],
  ['crop', 'cut off'],
] as const;

const LayoutFields = (part: PartProps): JSX.Element => {
  const { view, onChange } = part;
  const { width, height } = sizeOfText(view.size) ?? { width: 16, height: 9 };
  return (
    <>
      <div class="field-trio">
        <ViewChoice {...part} field="base" label="Layout" options={bases} />
        <ViewChoice {...part} field="fit" label="Pictures of another shape" options={fits} />
        <ViewText {...part} field="maxInput" label="Regions at most" numeric />
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
