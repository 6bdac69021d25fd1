import type { CallEncryption } from '../../encryption.ts';
import type { CallStatisticInput } from '../../call-statistic-input.ts';
import type { Ticket } from './call.ts';

/** What is asked for with a place in the call. */
export interface SeatWish {
  /** In the lobby, to connect unseen. */
  held: boolean;
  /** [CALL-70] This browser can encrypt what it sends. */
  encrypts: boolean;
}

export interface CallOptions {
  /**
   * A door to the media server. The server may answer a wish for a held one with an ordinary ticket (`held` absent),
   * which is then used only on Join.
   * @throws an error with a `code` of kernel/errors.ts where it is refused
   */
  getTicket(wish: SeatWish): Promise<Ticket>;
  /** Tells the server that the person pressed Join: the held seat becomes a real one. */
  takeSeat?: (wish: SeatWish) => Promise<CallEncryption | undefined>;
  /** [CALL-70] How the call is encrypted now, with its key. */
  getEncryption?: () => Promise<CallEncryption>;
  /** [CALL-60] Takes the figures of a stay, so far; again and again, and at its end while the page goes. */
  keepStatistic?: (statistic: CallStatisticInput) => Promise<unknown>;
}
