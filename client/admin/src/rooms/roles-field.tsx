import type { JSX } from 'preact';
import { Button } from '../../../app/src/ui/button.tsx';
import { newRole } from '../model/room-form.ts';
import type { RoleRow } from '../model/room-form.ts';
import { Glyph } from '../ui/glyph.tsx';
import { SmallButton } from '../ui/parts.tsx';

const rights = [
  ['publishAudio', 'Send sound'],
  ['publishVideo', 'Send picture'],
  ['subscribeAudio', 'Hear'],
  ['subscribeVideo', 'See'],
  ['moderate', 'Moderate'],
] as const;

interface RolesFieldProps {
  roles: readonly RoleRow[];
  onChange: (roles: RoleRow[]) => void;
}

/** Who may do what in a room. */
export const RolesField = ({ roles, onChange }: RolesFieldProps): JSX.Element => {
  const set = (index: number, change: Partial<RoleRow>): void => {
    onChange(roles.map((row, place) => (place === index ? { ...row, ...change } : row)));
  };
  return (
    <fieldset class="roles-field">
      <legend>Roles</legend>
      <table>
        <thead>
          <tr>
            <th scope="col">Role</th>
            {rights.map(([right, name]) => (
              <th key={right} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">
              <span class="visually-hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {roles.map((row, index) => (
            <Role
              key={index}
              row={row}
              onChange={(change) => {
                set(index, change);
              }}
              onRemove={() => {
                onChange(roles.filter((_, place) => place !== index));
              }}
            />
          ))}
        </tbody>
      </table>
      <Button
        kind="link"
        onClick={() => {
          onChange([...roles, newRole]);
        }}
      >
        <Glyph name="plus" size={18} /> Add a role
      </Button>
    </fieldset>
  );
};

interface RoleProps {
  row: RoleRow;
  onChange: (change: Partial<RoleRow>) => void;
  onRemove: () => void;
}

const Role = ({ row, onChange, onRemove }: RoleProps): JSX.Element => (
  <tr>
    <td>
      <input
        aria-label="Name of the role"
        value={row.role}
        maxLength={100}
        spellcheck={false}
        onInput={(event) => {
          onChange({ role: event.currentTarget.value });
        }}
      />
    </td>
    {rights.map(([right, name]) => (
      <td key={right} data-label={name}>
        <input
          type="checkbox"
          aria-label={`${row.role}: ${name}`}
          checked={row[right]}
          onChange={(event) => {
            onChange({ [right]: event.currentTarget.checked });
          }}
        />
      </td>
    ))}
    <td>
      <SmallButton glyph="trash" tone="danger" label={`Remove the role ${row.role}`} onClick={onRemove} />
    </td>
  </tr>
);
