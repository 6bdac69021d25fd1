import * as client from 'openid-client';
import { fail } from '#lib/kernel/errors.ts';
import type { IdentityProvider } from '#lib/kernel/ports.ts';

export interface OidcSettings {
  /** As the provider names itself, e.g. `https://login.example.org/realms/clinic`. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** On the button, e.g. `单位账号`. */
  name: string;
}

/** An OpenID Connect provider: authorization code with PKCE, state and nonce (openid-client). */
export function createOidc(settings: OidcSettings): IdentityProvider {
  const { issuer, clientId, clientSecret, name } = settings;
  let found: Promise<client.Configuration> | null = null;

  /** Asked for when first needed, and again after it could not be reached. */
  function configuration(): Promise<client.Configuration> {
    found ??= client
      .discovery(new URL(issuer), clientId, undefined, client.ClientSecretBasic(clientSecret), {
        timeout: 10,
        // readConfig lets http through for a provider on this very machine only.
        ...(issuer.startsWith('http:') ? { execute: [client.allowInsecureRequests] } : {})
      })
      .catch((cause: unknown) => {
        found = null;
        throw fail('oidc_failed', {}, cause);
      });
    return found;
  }

  return {
    name,
    issuer,
    async begin(redirectUri) {
      const config = await configuration();
      const verifier = client.randomPKCECodeVerifier();
      const [state, nonce] = [client.randomState(), client.randomNonce()];
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid email',
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce
      });
      return { url: url.href, checks: { verifier, state, nonce } };
    },
    async finish(answer, { verifier = '', state = '', nonce = '' }) {
      const config = await configuration();
      try {
        const tokens = await client.authorizationCodeGrant(config, new URL(answer), {
          pkceCodeVerifier: verifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true
        });
        const claims = tokens.claims();
        if (!claims) throw fail('oidc_failed');
        const told =
          claims['email'] === undefined && config.serverMetadata().userinfo_endpoint
            ? await client.fetchUserInfo(config, tokens.access_token, claims.sub)
            : claims;
        return {
          subject: claims.sub,
          email: typeof told['email'] === 'string' ? told['email'].toLowerCase() : null,
          emailVerified: told['email_verified'] === true
        };
      } catch (cause) {
        throw fail('oidc_failed', {}, cause);
      }
    }
  };
}
