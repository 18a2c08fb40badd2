import type { JSX } from 'preact';
import { cleanRoom, maxNameLength } from '../params.ts';
import { useAppState } from '../ui/context.ts';
import { Button } from '../ui/button.tsx';
import { RoleChoice } from './role-choice.tsx';
import { TokenField } from './token-field.tsx';

export interface JoinFields {
  room: string;
  user: string;
  role: string;
  token: string;
}

interface JoinFormProps {
  fields: JoinFields;
  onChange: (fields: JoinFields) => void;
  /** The server gives out no tokens by itself: the person has to bring one. */
  needsToken: boolean;
  /** Role is set by the address or the token: nothing to choose. */
  roleFixed: boolean;
  onSubmit: () => void;
}

const NameAndRoom = ({ fields, onChange }: Pick<JoinFormProps, 'fields' | 'onChange'>): JSX.Element => (
  <>
    <label class="field">
      <span>Your name</span>
      <input
        value={fields.user}
        required
        maxLength={maxNameLength}
        autocomplete="name"
        placeholder="How others will see you"
        onInput={(event) => {
          onChange({ ...fields, user: event.currentTarget.value });
        }}
      />
    </label>
    <label class="field">
      <span>Room</span>
      <input
        value={fields.room}
        required
        autocapitalize="none"
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => {
          const room = cleanRoom(event.currentTarget.value);
          event.currentTarget.value = room;
          onChange({ ...fields, room });
        }}
      />
    </label>
  </>
);

export const JoinForm = ({
  fields,
  onChange,
  needsToken,
  roleFixed,
  onSubmit,
}: JoinFormProps): JSX.Element => {
  const busy = useAppState((state) => state.screen === 'joining');
  const error = useAppState((state) => state.joinError);
  const set = (change: Partial<JoinFields>): void => {
    onChange({ ...fields, ...change });
  };
  // The invitation says who one is and where it leads.
  const byToken = needsToken || fields.token !== '';
  return (
    <form
      class="join-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {!byToken && <NameAndRoom fields={fields} onChange={onChange} />}
      {needsToken && (
        <TokenField
          token={fields.token}
          onChange={(token) => {
            set({ token });
          }}
        />
      )}
      {error !== null && (
        <p class="form-error" role="alert">
          {error}
        </p>
      )}
      <Button kind="primary" type="submit" busy={busy}>
        {busy ? 'Joining…' : 'Join now'}
      </Button>
      {!roleFixed && !byToken && (
        <RoleChoice
          role={fields.role}
          onChange={(role) => {
            set({ role });
          }}
        />
      )}
    </form>
  );
};
