// A single-page app that signs in by authorization code and PKCE, with oidc-client-ts. The tokens live in memory only;
// what must survive the redirect (state, nonce, code verifier) lives in the session storage until the answer is here.
(async () => {
  "use strict";

  const element = (id) => document.getElementById(id);
  const settings = element("demo").dataset;
  const manager = new oidc.UserManager({
    authority: settings.authority,
    client_id: settings.clientId,
    redirect_uri: settings.redirectUri,
    post_logout_redirect_uri: settings.postLogoutRedirectUri,
    scope: settings.scope,
    userStore: new oidc.WebStorageStateStore({ store: new oidc.InMemoryWebStorage() }),
    stateStore: new oidc.WebStorageStateStore({ store: sessionStorage }),
    automaticSilentRenew: false,
  });

  const status = (state, text) => {
    element("demo-status").dataset.state = state;
    element("demo-status").textContent = text;
  };

  // RFC 7519 §3: base64url of UTF-8 JSON.
  const decode = (part) => {
    const bytes = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))));
  };

  const showToken = (id, token) => {
    const parts = token.split(".");
    const isJwt = parts.length === 3;
    element(`${id}-header`).textContent = isJwt ? JSON.stringify(decode(parts[0])) : "Opaque";
    element(id).textContent = isJwt ? JSON.stringify(decode(parts[1]), null, 2) : token;
  };

  const showUser = (user) => {
    element("demo-login").hidden = Boolean(user);
    for (const id of ["demo-logout", "demo-userinfo", "demo-tokens"]) element(id).hidden = !user;
    element("demo-refresh").hidden = !user?.refresh_token;
    element("demo-userinfo-panel").hidden = true;
    if (!user) return;
    showToken("demo-id-token", user.id_token);
    showToken("demo-access-token", user.access_token);
  };

  const signedIn = (user, what) => {
    showUser(user);
    const { name, preferred_username, email, sub } = user.profile;
    const minutes = Math.round(user.expires_in / 60);
    status("signed-in", `${what} as ${name ?? preferred_username ?? email ?? sub}. The access token lasts ${minutes} minutes.`);
  };

  const attempt = async (busy, action) => {
    status("busy", busy);
    try {
      await action();
    } catch (error) {
      status("error", [error.error, error.error_description ?? error.message].filter(Boolean).join(": "));
    }
  };

  const userinfo = async () => {
    const user = await manager.getUser();
    const answer = await fetch(await manager.metadataService.getUserInfoEndpoint(), {
      headers: { authorization: `Bearer ${user.access_token}` },
    });
    if (!answer.ok) throw new Error(`userinfo answered ${answer.status}. ${answer.headers.get("www-authenticate") ?? ""}`);
    element("demo-userinfo-result").textContent = JSON.stringify(await answer.json(), null, 2);
    element("demo-userinfo-panel").hidden = false;
    status("signed-in", "Userinfo answered.");
  };

  element("demo-login").addEventListener("click", () =>
    attempt("Going to the sign-in page…", () => manager.signinRedirect()));
  element("demo-userinfo").addEventListener("click", () => attempt("Calling userinfo…", userinfo));
  element("demo-refresh").addEventListener("click", () =>
    attempt("Refreshing…", async () => signedIn(await manager.signinSilent(), "Refreshed")));
  element("demo-logout").addEventListener("click", () =>
    attempt("Signing out…", () => manager.signoutRedirect({ state: "signed out" })));

  const answer = new URLSearchParams(location.search);
  const answered = location.href;
  history.replaceState(null, "", location.pathname);
  showUser(null);
  if (answer.has("code") || answer.has("error")) {
    await attempt("Fetching the tokens…", async () => signedIn(await manager.signinCallback(answered), "Signed in"));
  } else if (answer.has("state")) {
    await attempt("Signing out…", async () => {
      await manager.signoutCallback(answered);
      status("signed-out", "You’re signed out.");
    });
  } else {
    status("signed-out", "Not signed in.");
  }
})();
