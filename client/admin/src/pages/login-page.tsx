import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../../app/src/ui/button.tsx';
import { Wordmark } from '../../../app/src/ui/logo.tsx';
import { credentialsOf } from '../api/credentials.ts';
import type { Credentials } from '../api/credentials.ts';
import { sentence } from '../api/failure.ts';
import { canSign, refusalOf } from '../session.ts';

interface LoginProps {
  /** Why one is here again. */
  notice: string;
  onSignIn: (credentials: Credentials) => void;
}

type Way = 'key' | 'token';

interface Fields {
  service: string;
  key: string;
  token: string;
}

const read = (way: Way, { service, key, token }: Fields): Credentials | string => {
  if (way === 'token') return credentialsOf(token);
  if (service.trim() === '') return 'Enter the id of a service, as it stands in the configuration.';
  if (key === '') return 'Enter the key of the service.';
  return { kind: 'key', service: service.trim(), key };
};

/** Signs in as a service. */
export const LoginPage = ({ notice, onSignIn }: LoginProps): JSX.Element => {
  const [way, setWay] = useState<Way>(canSign() ? 'key' : 'token');
  const [fields, setFields] = useState<Fields>({ service: '', key: '', token: '' });
  const [problem, setProblem] = useState(notice);
  const [busy, setBusy] = useState(false);

  const enter = async (): Promise<void> => {
    const credentials = read(way, fields);
    if (typeof credentials === 'string') {
      setProblem(credentials);
      return;
    }
    setBusy(true);
    try {
      const refusal = await refusalOf(credentials);
      if (refusal === undefined) onSignIn(credentials);
      else setProblem(refusal);
    } catch (error) {
      setProblem(sentence(error));
    } finally {
      setBusy(false);
    }
  };

  const set = (change: Partial<Fields>): void => {
    setFields({ ...fields, ...change });
  };
  return (
    <main class="login">
      <form
        class="login-card"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void enter();
        }}
      >
        <Wordmark />
        <h1>Sign in to the admin page</h1>
        <Ways way={way} onChange={setWay} />
        {way === 'key' ? (
          <KeyFields fields={fields} onChange={set} />
        ) : (
          <TokenField fields={fields} onChange={set} />
        )}
        {problem !== '' && (
          <p class="form-error" role="alert">
            {problem}
          </p>
        )}
        <Button type="submit" kind="primary" busy={busy} disabled={way === 'key' && !canSign()}>
          Sign in
        </Button>
      </form>
    </main>
  );
};

const Ways = ({ way, onChange }: { way: Way; onChange: (way: Way) => void }): JSX.Element => (
  <fieldset class="segments">
    <legend class="visually-hidden">How to sign in</legend>
    {(['key', 'token'] as const).map((choice) => (
      <label key={choice}>
        <input
          type="radio"
          name="way"
          checked={way === choice}
          onChange={() => {
            onChange(choice);
          }}
        />
        <span>{choice === 'key' ? 'Service key' : 'Admin token'}</span>
      </label>
    ))}
  </fieldset>
);

interface FieldsProps {
  fields: Fields;
  onChange: (change: Partial<Fields>) => void;
}

const KeyFields = ({ fields, onChange }: FieldsProps): JSX.Element => (
  <>
    {!canSign() && (
      <p class="form-error">
        Browsers sign only on pages that came over HTTPS or from this machine. Open this page that way, or
        sign in with an admin token.
      </p>
    )}
    <label class="field">
      <span>Service id</span>
      <input
        name="service"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        value={fields.service}
        onInput={(event) => {
          onChange({ service: event.currentTarget.value });
        }}
      />
    </label>
    <label class="field">
      <span>Key</span>
      <input
        name="key"
        type="password"
        autocomplete="current-password"
        value={fields.key}
        onInput={(event) => {
          onChange({ key: event.currentTarget.value });
        }}
      />
    </label>
    <p class="hint">
      The key stays in this tab, which signs its requests with it. It is never sent, and forgotten when you
      sign out.
    </p>
  </>
);

const TokenField = ({ fields, onChange }: FieldsProps): JSX.Element => (
  <>
    <label class="field">
      <span>Admin token</span>
      <textarea
        name="token"
        rows={5}
        spellcheck={false}
        autocomplete="off"
        value={fields.token}
        onInput={(event) => {
          onChange({ token: event.currentTarget.value });
        }}
      />
    </label>
    <p class="hint">
      A JWT signed with the key of a service, audience <code>portico-admin</code>, valid for an hour at most.
    </p>
  </>
);
