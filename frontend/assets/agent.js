// Who sends: an agent who signed in at the staff pool. The sign-in itself lies in a cookie that no
// script can read; for fifteen minutes at a time it gives a token, which is in this page's memory only.

const SIGN_IN = "/staff/agent/sign-in";
const EARLY = 60000; // ms before its end at which a token is no longer used
const NOBODY = { token: "", ends: 0, agent: "" };
let pass = NOBODY;

// Gives an answer: 200 when there is a token that holds, 401 when somebody has to sign in.
async function renew() {
  const answer = await request("POST", "/staff/agent/token", "{}", "", true);
  const { token, seconds, agent } = answer.data;
  if (answer.status === 200) pass = { token, agent, ends: Date.now() + seconds * 1000 };
  return answer;
}

// Ask the API as the agent; a token that is over is renewed once. What only `by` may ask is not asked
// by another who signed in on this phone.
async function ask(method, path, body, key, by) {
  for (let tries = 0; ; tries += 1) {
    if (tries || Date.now() > pass.ends - EARLY) {
      const renewed = await renew();
      if (renewed.status !== 200) return renewed;
    }
    if (by && by !== pass.agent) return { status: 403, data: {}, other: true };
    const answer = await request(method, path, body, key, pass.token);
    if (answer.status !== 401 || tries) return answer;
  }
}

async function signOut() {
  const answer = await request("POST", "/staff/agent/sign-out", "{}", "", true);
  pass = NOBODY;
  return answer;
}
