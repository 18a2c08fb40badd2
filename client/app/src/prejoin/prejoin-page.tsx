import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { recall, remember } from '../media/storage.ts';
import { DeviceSelects } from '../panels/device-selects.tsx';
import { defaultRoom } from '../params.ts';
import { defaultRole, likelySources } from '../roles.ts';
import { useApp, useAppState } from '../ui/context.ts';
import { Wordmark } from '../ui/logo.tsx';
import { JoinForm } from './join-form.tsx';
import type { JoinFields } from './join-form.tsx';
import { Preview } from './preview.tsx';

/** First page: see and hear oneself, say who one is, go in. */
export const PrejoinPage = (): JSX.Element => {
  const { params, media, controls } = useApp();
  const lastRoom = useAppState((state) => state.room);
  const [fields, setFields] = useState<JoinFields>({
    room: lastRoom || params.room || defaultRoom,
    user: params.user || (recall('user') ?? ''),
    role: params.role ?? defaultRole,
    token: params.token ?? '',
  });
  const needsToken = useAppState((state) => state.needsToken);
  const { mic, camera } = likelySources(fields.role);
  // After a call the devices come back as they were left.
  const wanted = useRef(lastRoom === '' ? { mic: params.audio, camera: params.video } : media.snapshot.on);
  useEffect(() => {
    void media.turn({ mic: mic && wanted.current.mic, camera: camera && wanted.current.camera });
  }, [media, mic, camera]);
  const join = async (): Promise<void> => {
    const user = fields.user.trim();
    if (user !== '') remember('user', user);
    const { token, ...rest } = fields;
    await controls.join({ ...rest, user, ...(token === '' ? {} : { token }) });
  };
  return (
    <main class="prejoin">
      <header class="prejoin-head">
        <Wordmark />
      </header>
      <div class="prejoin-content">
        <Preview name={fields.user} mic={mic} camera={camera} />
        <div class="prejoin-form">
          <h1>Ready to join?</h1>
          <p class="lead">Check how you look and sound, then step in.</p>
          <JoinForm
            fields={fields}
            onChange={setFields}
            needsToken={needsToken}
            roleFixed={params.role !== undefined}
            onSubmit={() => void join()}
          />
        </div>
        <DeviceSelects mic={mic} camera={camera} />
      </div>
    </main>
  );
};
