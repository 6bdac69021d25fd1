import { api } from '#lib/ui/api.ts';

/** Where one shows again who one is. */
export const confirmPath = '/api/account/confirm';

/** What there is besides the password. */
export interface ConfirmWays {
  code: boolean;
  passkey: boolean;
}

/** Send what was typed. @throws ApiError `wrong_password`, `wrong_code`, `too_many_tries` */
export async function confirmProof(proof: string): Promise<void> {
  await api('PUT', confirmPath, { proof });
}
