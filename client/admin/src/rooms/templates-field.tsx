import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../../app/src/ui/button.tsx';
import { LayoutEditor, LayoutPicture } from '../../../layout-editor/index.ts';
import type { Entry } from '../../../layout-editor/index.ts';
import { count } from '../model/format.ts';
import { Glyph } from '../ui/glyph.tsx';
import { SmallButton } from '../ui/parts.tsx';

interface TemplatesFieldProps {
  templates: readonly Entry[][];
  ratio: number;
  onChange: (templates: Entry[][]) => void;
}

const whole: Entry[] = [
  {
    region: { id: '1', shape: 'rectangle', area: { left: '0/1', top: '0/1', width: '1/1', height: '1/1' } },
  },
];

/** Templates of a view's own: one takes the place of the usual one with as many regions. */
export const TemplatesField = ({ templates, ratio, onChange }: TemplatesFieldProps): JSX.Element => {
  const [edited, edit] = useState<number>();
  return (
    <fieldset class="views-field">
      <legend>Own templates: each is used for as many inputs as it has regions</legend>
      {templates.length > 0 && (
        <ul class="template-list">
          {templates.map((entries, index) => (
            <li key={index} class={index === edited ? 'edited-now' : ''}>
              {index === edited ? (
                <LayoutEditor
                  layout={entries}
                  streams={[]}
                  ratio={ratio}
                  onChange={(next) => {
                    onChange(templates.map((other, place) => (place === index ? next : other)));
                  }}
                />
              ) : (
                <LayoutPicture
                  layout={entries}
                  streams={[]}
                  ratio={ratio}
                  label={`Template ${String(index + 1)}`}
                />
              )}
              <TemplateActs
                number={index + 1}
                regions={entries.length}
                isEdited={index === edited}
                onEdit={() => {
                  edit(index === edited ? undefined : index);
                }}
                onRemove={() => {
                  edit(undefined);
                  onChange(templates.filter((_, place) => place !== index));
                }}
              />
            </li>
          ))}
        </ul>
      )}
      <Button
        kind="link"
        onClick={() => {
          edit(templates.length);
          onChange([...templates, whole]);
        }}
      >
        <Glyph name="plus" size={18} /> Draw a template
      </Button>
    </fieldset>
  );
};

interface TemplateActsProps {
  number: number;
  regions: number;
  isEdited: boolean;
  onEdit: () => void;
  onRemove: () => void;
}

const TemplateActs = ({ number, regions, isEdited, onEdit, onRemove }: TemplateActsProps): JSX.Element => (
  <span class="template-acts">
    {count(regions, 'region')}
    <span>
      {isEdited ? (
        <Button kind="link" onClick={onEdit}>
          Done
        </Button>
      ) : (
        <SmallButton glyph="edit" label={`Edit template ${String(number)}`} onClick={onEdit} />
      )}
      <SmallButton
        glyph="trash"
        tone="danger"
        label={`Remove template ${String(number)}`}
        onClick={onRemove}
      />
    </span>
  </span>
);
