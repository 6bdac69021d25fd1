import type { MemberActor } from '#lib/kernel/actor.ts';
import { fail } from '#lib/kernel/errors.ts';
import type { Call, DataPlaces } from '#lib/features/tenancy/call.ts';
import { inTransaction } from '#lib/features/tenancy/transaction.server.ts';
import { mayReadRegister } from './policy.server.ts';

export interface PlacesView extends DataPlaces {
  /** Where browsers reach the media server, through the app; null: none. */
  mediaUrl: string | null;
  /** Whether uploads are scanned for malware. */
  scanned: boolean;
}

/** [RT-14] Where this site keeps its data, and whether it scans uploads. @throws AppError `forbidden` */
export async function readPlaces(
  call: Call<'settings' | 'media' | 'scanner', MemberActor>
): Promise<PlacesView> {
  if (!mayReadRegister(call.actor)) throw fail('forbidden');
  const { organisationId } = call.actor;
  await inTransaction(call, (tx) =>
    tx.audit({ action: 'rights.register', subject: { type: 'organisation', id: organisationId } })
  );
  return { ...call.settings.places, mediaUrl: call.media.clientUrl, scanned: call.scanner.configured };
}
