// libsrtp 3's interface, as far as mediasoup's worker uses it, on top of libsrtp 2.
//
// What differs: policies are opaque objects with setters, packets go from an input to an output
// buffer whose size is checked, and two error codes are new. Everything else keeps its libsrtp 2
// name; the functions below are C++ overloads of the C functions of the same name.
#ifndef PORTICO_SRTP3_OVER_SRTP2_H
#define PORTICO_SRTP3_OVER_SRTP2_H

// `srtp_policy_t` is a struct in libsrtp 2 and a pointer to an opaque one in libsrtp 3.
#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

// Codes that libsrtp 3 adds; libsrtp 2.5 ends at 27. They are looked up in tables, so they must be
// real values of the enumeration, apart from all others.
constexpr srtp_err_status_t srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
constexpr srtp_err_status_t srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(29);

namespace portico_srtp
{
	struct Policy
	{
		srtp2_policy_t legacy{};
		// Key and salt, contiguous. Belongs to the policy: libsrtp 2 keeps a plain pointer until
		// the session is created.
		uint8_t key[SRTP_MAX_KEY_LEN]{};
	};

	// A libsrtp 2 call in place: what it encrypts or decrypts is where its result will be.
	using InPlace = srtp_err_status_t (*)(srtp_t session, void* packet, int* len);

	inline srtp_err_status_t transform(
	  InPlace call,
	  srtp_t session,
	  const uint8_t* in,
	  size_t inLen,
	  size_t growth,
	  uint8_t* out,
	  size_t* outLen)
	{
		if (inLen > static_cast<size_t>(INT_MAX) - growth)
		{
			return srtp_err_status_bad_param;
		}

		if (*outLen < inLen + growth)
		{
			return srtp_err_status_buffer_small;
		}

		if (in != out)
		{
			std::memmove(out, in, inLen);
		}

		auto len                    = static_cast<int>(inLen);
		const srtp_err_status_t err = call(session, out, &len);

		if (err == srtp_err_status_ok)
		{
			*outLen = static_cast<size_t>(len);
		}

		return err;
	}
} // namespace portico_srtp

using srtp_policy_t = portico_srtp::Policy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	*policy = new (std::nothrow) portico_srtp::Policy();

	return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
	if (!policy)
	{
		return;
	}

	// Volatile, so that wiping the key is not optimised away.
	volatile uint8_t* key = policy->key;

	for (size_t i = 0; i < sizeof(policy->key); ++i)
	{
		key[i] = 0;
	}

	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->legacy.ssrc = ssrc;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	const srtp_err_status_t err =
	  srtp_crypto_policy_set_from_profile_for_rtp(&policy->legacy.rtp, profile);

	if (err != srtp_err_status_ok)
	{
		return err;
	}

	return srtp_crypto_policy_set_from_profile_for_rtcp(&policy->legacy.rtcp, profile);
}

inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLen,
  const uint8_t* salt,
  size_t saltLen,
  const uint8_t* mki,
  size_t /*mkiLen*/)
{
	// One master key without identifier is all that the worker uses.
	if (mki || policy->legacy.key || keyLen > sizeof(policy->key) || saltLen > sizeof(policy->key) - keyLen)
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(policy->key, key, keyLen);
	std::memcpy(policy->key + keyLen, salt, saltLen);
	policy->legacy.key = policy->key;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->legacy.allow_repeat_tx = allow ? 1 : 0;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t size)
{
	policy->legacy.window_size = static_cast<unsigned long>(size);

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	return srtp_create(session, static_cast<const srtp2_policy_t*>(&policy->legacy));
}

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* rtp, size_t rtpLen, uint8_t* srtp, size_t* srtpLen, size_t /*mkiIndex*/)
{
	return portico_srtp::transform(srtp_protect, session, rtp, rtpLen, SRTP_MAX_TRAILER_LEN, srtp, srtpLen);
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* srtp, size_t srtpLen, uint8_t* rtp, size_t* rtpLen)
{
	return portico_srtp::transform(srtp_unprotect, session, srtp, srtpLen, 0, rtp, rtpLen);
}

inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* rtcp, size_t rtcpLen, uint8_t* srtcp, size_t* srtcpLen, size_t /*mkiIndex*/)
{
	// SRTCP appends its 4-byte index as well.
	return portico_srtp::transform(
	  srtp_protect_rtcp, session, rtcp, rtcpLen, SRTP_MAX_TRAILER_LEN + 4, srtcp, srtcpLen);
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* srtcp, size_t srtcpLen, uint8_t* rtcp, size_t* rtcpLen)
{
	return portico_srtp::transform(srtp_unprotect_rtcp, session, srtcp, srtcpLen, 0, rtcp, rtcpLen);
}

inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return srtp_remove_stream(session, ssrc);
}

#endif
