/* What people are told about their mistakes, word for word. */

#include "reading.h"

#define HTTP(lines) "ListenHTTP\n" lines "End\n"
#define SERVICE(lines) HTTP("Service\n" lines "End\n")
#define BACKEND(lines) SERVICE("BackEnd\n" lines "End\n")
#define GATEWAY(lines) "Gateway a.example.org\nForward 10.0.0.1\n" lines "End\n"

static void
assert_said(const char *text, const char *expected)
{
	struct reading reading;

	reading_init(&reading, text);
	assert_messages(&reading, expected);
	assert_int_equal(
	    reading.config == NULL, diag_count(reading.diag, DIAG_ERROR) > 0);
	reading_release(&reading);
}

static void
test_words(void **state)
{
	(void)state;
	assert_said(HTTP("") "Usr a\nxyzzy 1\n",
	    "t:3:1: unknown word 'Usr'; did you mean 'User'?\n"
	    "t:4:1: unknown word 'xyzzy'\n");
	assert_said("Gateway a.example.org\nForwart 10.0.0.1\nEnd\n",
	    "t:2:1: unknown word 'Forwart'; did you mean 'Forward'?\n");
	assert_said(HTTP("Cert a.pem\n"),
	    "t:2:1: 'Cert' belongs in ListenHTTPS or in BackEnd, not in "
	    "ListenHTTP\n");
	assert_said(HTTP("") "client 5\nPort 80\nForward x\n",
	    "t:4:1: 'Port' belongs in ListenHTTP, in ListenHTTPS, in BackEnd, "
	    "in Gateway or in Status, not at the top level\n"
	    "t:5:1: 'Forward' belongs in Gateway, not at the top level\n");
	assert_said("Control \"/run/pound.sock\"\nBackendStats yes\n" HTTP(""),
	    "t:1:1: warning: 'Control' has no effect: the gatehouse command "
	    "asks over a socket in StateDir\n"
	    "t:2:1: warning: 'BackendStats' has no effect: the figures of "
	    "backends are always kept\n");
	assert_said(
	    "Control\n  Socket \"/run/pound.sock\"\n  Mode 600\nEnd\n" HTTP(""),
	    "t:1:1: warning: 'Control' has no effect: the gatehouse command "
	    "asks over a socket in StateDir\n");
	assert_said(HTTP("User a\n"),
	    "t:2:1: 'User' belongs at the top level, not in ListenHTTP\n");
	assert_said(SERVICE("Redirect \"https://x\"\nxHTTP 1\n"),
	    "t:4:1: 'xHTTP' belongs in ListenHTTP or in ListenHTTPS, not in "
	    "Service\n");
	assert_said(HTTP("Port 80\nport 81\n"),
	    "t:3:1: 'Port' is already given on line 2\n");
	assert_said(HTTP("") "Threads 5\n",
	    "t:3:1: warning: 'Threads' has no effect: Gatehouse serves all "
	    "connections without threads\n");
	assert_said(HTTP("") "\"User\" a\n",
	    "t:3:1: a line begins with a word, not with a string\n");
	assert_said("",
	    "t:1:1: nothing to serve: there is no Gateway, "
	    "ListenHTTP or ListenHTTPS\n");
}

static void
test_words_of_later(void **state)
{
	(void)state;
	assert_said(HTTP("RewriteErrors 5\n") "Debug x\n"
	                                      "Tunnel\n Type IP\nEnd\n",
	    "t:2:15: 'RewriteErrors' needs yes or no, not '5'\n"
	    "t:4:1: 'Debug' is a Pound directive that Gatehouse does not "
	    "support; names are looked up as the system does it\n"
	    "t:5:1: 'Tunnel' is a Pound directive that Gatehouse does not "
	    "support; a program such as systemd-socket-proxyd does it "
	    "beside "
	    "Gatehouse\n");
	assert_said("ListenHTTPS\nACME /var/www\nCert \"/a\"\nEnd\n"
	            "Service\nRedirect \"https://x\"\nEnd\n",
	    "t:2:1: 'ACME' is a Pound directive that Gatehouse does not "
	    "support; authorities ask over plain HTTP: it belongs in "
	    "ListenHTTP, and with AutoCert nothing of the kind is needed\n");
	assert_said(HTTP("ACME \"/a\"\nACME \"/b\"\n"),
	    "t:3:1: 'ACME' is already given on line 2\n");
	assert_said(SERVICE("Redirect \"https://x\"\nHost -pcre \"x\"\n"),
	    "t:4:6: '-pcre' is not supported: such an expression can take any "
	    "time to match; most mean the same without it\n");
	assert_said("Resolver\nConfigText\nnonsense\nEnd\nEnd\n" HTTP(""),
	    "t:1:1: warning: 'Resolver' has no effect: names are looked up as "
	    "the system does it\n");
}

static void
test_conditions(void **state)
{
	(void)state;
	assert_said(SERVICE("Redirect \"https://x\"\nNot\nNot Redirect x\n"
	                    "Not \"x\"\nMatch OR\nEnd\nMatch XOR\nEnd\n"),
	    "t:4:1: 'Not' needs a condition behind it\n"
	    "t:5:1: 'Not' needs a condition, and 'Redirect' is none\n"
	    "t:6:1: 'Not' needs a condition behind it\n"
	    "t:7:1: 'Match' has no condition in it\n"
	    "t:9:7: 'Match' needs one of AND, OR, not 'XOR'\n");
	assert_said(SERVICE("Redirect \"https://x\"\nPath -re -beg x\n"
	                    "Path -icase -case x\nRedirect -exact x\n"
	                    "QueryParam a\nQueryParam a&b c\n"
	                    "Header \"a b\" c\n"),
	    "t:4:10: '-beg' does not go with the option before it\n"
	    "t:5:13: '-case' does not go with the option before it\n"
	    "t:6:1: 'Redirect' is already given on line 3\n"
	    "t:6:10: '-exact' is an option of other lines, not of this one\n"
	    "t:7:1: 'QueryParam' needs the name of a parameter and a pattern: "
	    "a pattern that a parameter of the query must match\n"
	    "t:8:12: 'QueryParam' needs the name of a parameter and a pattern, "
	    "not 'a&b'\n"
	    "t:9:8: 'Header' needs the name of a header field, not 'a b'\n");
	assert_said(SERVICE("Redirect \"https://x\"\nHost a\nNot Host b\n"
	                    "Host -re c\nHost d\n"),
	    "t:7:1: 'Host' is already given on line 4\n");
	assert_said(
	    SERVICE("Redirect \"https://x\"\nPath -file \"somewhere\"\n"),
	    "t:4:12: cannot read somewhere: this text stands for itself\n");
}

static void
test_conditions_with_a_name(void **state)
{
	(void)state;
	assert_said("Condition a\nEval b\nEnd\nCondition b\nEval b\nEnd\n"
	            "Condition b\nEnd\nListenHTTP\nEnd\n"
	            "Service\nEval c\nNot Eval a\nSuccess\nEnd\n",
	    "t:2:6: there is no Condition 'b' above this one\n"
	    "t:5:6: there is no Condition 'b' above this one\n"
	    "t:7:1: there is a Condition 'b' already\n"
	    "t:7:1: 'Condition' has no condition in it\n"
	    "t:12:6: there is no Condition 'c' at the top level\n");
	assert_said("Condition a\nPath (x)\nEnd\nListenHTTP\nEnd\n"
	            "Service\nEval a\nRedirect https://x/$1\nEnd\n",
	    "t:8:10: '$1' refers to a regular expression that is not in the "
	    "conditions around it; '$$' is a dollar sign\n");
}

static void
test_words_without_effect(void **state)
{
	(void)state;
	assert_said("ReserveFD -worker 3\nCombineHeaders\n\"Accept\"\n"
	            "\tAllow\nEnd\nListenHTTP\nLineBufferSize 1\nEnd\n"
	            "RegexType POSIX\nRegexType pcre\n"
	            "Service\nSuccess\nPath -perl x\nEnd\n"
	            "Lua\n\tLoad \"x\"\nEnd\n",
	    "t:1:1: warning: 'ReserveFD' has no effect: descriptors are kept "
	    "in reserve by themselves\n"
	    "t:2:1: warning: 'CombineHeaders' has no effect: fields go on as "
	    "they came, which means the same\n"
	    "t:7:1: warning: 'LineBufferSize' has no effect: lines of 24 KiB "
	    "and more pass\n"
	    "t:10:11: 'RegexType' needs posix, not 'pcre' (it can take any "
	    "time to match; most expressions mean the same to both, so leave "
	    "this line out and try)\n"
	    "t:13:6: '-perl' is not supported: such an expression can take "
	    "any time to match; most mean the same without it\n"
	    "t:15:1: 'Lua' is a Pound directive that Gatehouse does not "
	    "support; Gatehouse runs no programs of others; StringMatch, "
	    "Rewrite and substitutions may do\n");
}

static void
test_references(void **state)
{
	(void)state;
	assert_said(SERVICE("Error 404\nConstant a b\n"
	                    "StringMatch \"%[const a]%[const b]\" b\n"
	                    "Constant c -file nowhere\nConstant d\n"
	                    "StringMatch \"%[const c]\" b\n"),
	    "t:5:13: there is no Constant 'b' around it\n"
	    "t:6:18: cannot read nowhere: this text stands for itself\n"
	    "t:7:1: 'Constant' needs a name and a text, or -file and a file: a "
	    "text that substitutions can name\n");
	assert_said(HTTP("SetPath /$1\nRewrite\nPath -exact /x\n"
	                 "Not Query (.)\nSetPath /$1\nElse\nQuery (.)\n"
	                 "SetPath \"/$1(0)$1(1)\"\nEnd\n"),
	    "t:2:9: '$1' refers to a regular expression that is not in the "
	    "conditions around it; '$$' is a dollar sign\n"
	    "t:9:9: '$1' refers to a regular expression that is not in the "
	    "conditions around it; '$$' is a dollar sign\n");
	assert_said(SERVICE("Redirect \"https://x/$1(a)$1(b)$1(2)\"\n"
	                    "Path -tag a x\nMatch OR\nQuery x\nURL x\nEnd\n"),
	    "t:3:10: '$1(b)': there is no regular expression with -tag \"b\" "
	    "in the conditions around it\n");
	assert_said(SERVICE("Error 404\nStringMatch x\n"),
	    "t:4:1: 'StringMatch' needs a text and a pattern: a pattern that a "
	    "text filled in must match\n");
	assert_said(SERVICE("Error 404\nStringMatch $1 x\n"),
	    "t:4:13: '$1' refers to a regular expression that is not in the "
	    "conditions around it; '$$' is a dollar sign\n");
	assert_said(SERVICE("Error 404\nTBF a 5\nTBF $1 5 1\nTBF a 0 1\n"
	                    "TBF a 1/0s 1\nTBF a 5/x 1\nTBF a 5 0\n"
	                    "TBF a 1000000/1us 1\nTBF a 1/2s 20\n"),
	    "t:4:1: 'TBF' needs a text, a rate such as 5 or 1/2s, and a number "
	    "from 1 to 1000000: how many requests a token bucket lets through\n"
	    "t:5:5: '$1' refers to a regular expression that is not in the "
	    "conditions around it; '$$' is a dollar sign\n"
	    "t:6:7: 'TBF' needs a text, a rate such as 5 or 1/2s, and a number "
	    "from 1 to 1000000, not '0'\n"
	    "t:7:7: 'TBF' needs a text, a rate such as 5 or 1/2s, and a number "
	    "from 1 to 1000000, not '1/0s'\n"
	    "t:8:7: 'TBF' needs a text, a rate such as 5 or 1/2s, and a number "
	    "from 1 to 1000000, not '5/x'\n"
	    "t:9:9: 'TBF' needs a text, a rate such as 5 or 1/2s, and a number "
	    "from 1 to 1000000, not '0'\n"
	    "t:10:7: 'TBF' needs a text, a rate such as 5 or 1/2s, and a "
	    "number from 1 to 1000000, not '1000000/1us'\n");
	assert_said(
	    SERVICE("Error 404\nPath -tag 1 x\nPath -tag\n"
	            "HeadRemove -tag a x\nQuery -decode x\nSetURL -encode "
	            "/\n"),
	    "t:4:6: '-tag' needs a name that is not a number\n"
	    "t:5:6: '-tag' needs a name that is not a number\n"
	    "t:6:12: '-tag' is an option of other lines, not of this one\n"
	    "t:7:7: '-decode' is an option of other lines, not of this one\n"
	    "t:8:8: '-encode' is an option of other lines, not of this one\n");
}

static void
test_services_that_fall_through(void **state)
{
	(void)state;
	assert_said(SERVICE("FallThrough\nHost \"a\"\nNot Path /x\n"
	                    "Match OR\nPath /a\nPath /b\nEnd\nSetPath /\n"
	                    "AddHeader \"A: b\"\nLogSuppress success\n"
	                    "Disabled no\nIgnoreCase yes\nConstant a b\n"
	                    "Rewrite\nSetPath /\nEnd\n"),
	    "");
	assert_said(SERVICE("FallThrough yes\n"),
	    "t:3:13: 'FallThrough' takes no value\n");
	assert_said(SERVICE("FallThrough\nHeadRemove \"x\"\n"
	                    "Rewrite response\nSetHeader \"A: b\"\nEnd\n"
	                    "BackEnd\nAddress a\nPort 1\nEnd\n"),
	    "t:4:1: 'HeadRemove' cannot stand in a Service with FallThrough: "
	    "that only edits requests, for the services after it; DeleteHeader "
	    "takes fields out\n"
	    "t:5:1: 'Rewrite' cannot stand in a Service with FallThrough: that "
	    "only edits requests, for the services after it\n"
	    "t:8:1: 'BackEnd' cannot stand in a Service with FallThrough: that "
	    "only edits requests, for the services after it\n");
}

static void
test_edits(void **state)
{
	(void)state;
	assert_said(HTTP("AddHeader \"X\"\nAddHeader \"X Y: z\"\n"
	                 "SetHeader \"Host: a\"\nSetHeader \"TE: a\"\n"
	                 "SetHeader \"X_Forwarded-for: a\"\n"
	                 "SetHeader \"X-A: $10\"\nSetHeader \"X-A: $x $\"\n"
	                 "AddHeader \"X-A: %[header]\"\nDeleteHeader (\n"),
	    "t:2:11: 'AddHeader' needs a header field such as \"X-Name: "
	    "value\", not 'X'\n"
	    "t:3:11: 'AddHeader' needs a header field such as \"X-Name: "
	    "value\", not 'X Y: z'\n"
	    "t:4:11: 'SetHeader' needs a header field such as \"X-Name: "
	    "value\", not 'Host: a' (the gateway writes this field itself)\n"
	    "t:5:11: 'SetHeader' needs a header field such as \"X-Name: "
	    "value\", not 'TE: a' (the gateway writes this field itself)\n"
	    "t:6:11: 'SetHeader' needs a header field such as \"X-Name: "
	    "value\", not 'X_Forwarded-for: a' (the gateway writes this field "
	    "itself)\n"
	    "t:7:11: 'SetHeader' needs a header field such as \"X-Name: "
	    "value\", not 'X-A: $10' (there are $0 to $9 only; '${1}0' has a "
	    "digit behind it)\n"
	    "t:9:11: 'AddHeader' needs a header field such as \"X-Name: "
	    "value\", not 'X-A: %[header]' (%[...] needs one of host, port, "
	    "url, path, query, param NAME, header NAME, remoteip, user, "
	    "const NAME)\n"
	    "t:10:14: 'DeleteHeader' needs a regular expression, not '(' "
	    "(Unmatched ( or \\()\n");
	assert_said(
	    HTTP("SetPath x\nSetPath /?\nSetURL \"/ x\"\nSetQuery \"#\"\n"
	         "SetQueryParam a b&c\nDeleteQuery a\nElse\n"),
	    "t:2:9: 'SetPath' needs a part of a URL, percent-encoded, not 'x' "
	    "(a path begins with a slash)\n"
	    "t:3:9: 'SetPath' needs a part of a URL, percent-encoded, not "
	    "'/?'\n"
	    "t:4:8: 'SetURL' needs a part of a URL, percent-encoded, not '/ "
	    "x'\n"
	    "t:5:10: 'SetQuery' needs a part of a URL, percent-encoded, not "
	    "'#'\n"
	    "t:6:17: 'SetQueryParam' needs the name of a parameter and perhaps "
	    "its value, not 'b&c'\n"
	    "t:7:13: 'DeleteQuery' takes no value\n"
	    "t:8:1: 'Else' belongs in Rewrite or in Rewrite response, not in "
	    "ListenHTTP\n");
	assert_said(HTTP("Rewrite response\nSetPath /\nEnd\n"
	                 "Rewrite\nElse\nPath x\nEnd\nRewrite both\nEnd\n"),
	    "t:3:1: 'SetPath' belongs in ListenHTTP, in ListenHTTPS, in "
	    "Service or in Rewrite, not in Rewrite response\n"
	    "t:5:1: 'Rewrite' has an 'Else' that is never reached: what is "
	    "before it has no condition\n"
	    "t:9:9: 'Rewrite' needs one of request, response, not 'both'\n");
}

static void
test_answers(void **state)
{
	(void)state;
	assert_said(SERVICE("Path /a\n") SERVICE("Error 404\nSuccess\n"),
	    "t:2:1: 'Service' needs a BackEnd, or else a Redirect, an Error, "
	    "a Success, a SendFile or Metrics\n"
	    "t:6:1: 'ListenHTTP' wants to listen on port 80, but the "
	    "'ListenHTTP' on line 1 listens on port 80 already\n"
	    "t:7:1: 'Service' has both Error and Success; a request can go to "
	    "one of them only\n");
	assert_said(SERVICE("Error\n") "Service\nError 200\nEnd\n"
	                               "Service\nError 404 page\nEnd\n",
	    "t:3:1: 'Error' needs a status from 400 to 599, and perhaps a "
	    "file: an answer that refuses\n"
	    "t:7:7: 'Error' needs a status from 400 to 599, and perhaps a "
	    "file, not '200'\n"
	    "t:10:11: cannot read page: this text stands for itself\n");
	assert_said(HTTP("ErrorFile 404\nErr404 page\nMaxRequest 5x\n"
	                 "MaxURI 40000\n"),
	    "t:2:1: 'ErrorFile' needs a status from 400 to 599 and the path "
	    "of a file: a page for a status\n"
	    "t:3:8: cannot read page: this text stands for itself\n"
	    "t:4:12: 'MaxRequest' needs a size such as 4096, 64k or 2g, not "
	    "'5x'\n"
	    "t:5:8: 'MaxURI' needs a number from 0 to 32768, not '40000'\n");
}

static void
test_lists_of_addresses(void **state)
{
	(void)state;
	assert_said(HTTP("") "ACL\n10.0.0.1\nEnd\n"
	                     "ACL \"a\"\n10.0.0.0/33\nfe80::1%lo\n"
	                     "\"10.0.0\" ::/129\nEnd\n"
	                     "ACL \"a\"\nEnd\nACL \"b\" c\n"
	                     "ACL -re \"d\"\nEnd\n",
	    "t:3:1: 'ACL' needs a name: a list of addresses\n"
	    "t:7:1: 'ACL' needs an address or a network such as "
	    "192.168.1.0/24, not '10.0.0.0/33'\n"
	    "t:8:1: 'ACL' needs an address or a network such as "
	    "192.168.1.0/24, not 'fe80::1%lo'\n"
	    "t:9:1: 'ACL' needs an address or a network such as "
	    "192.168.1.0/24, not '10.0.0'\n"
	    "t:9:10: 'ACL' needs an address or a network such as "
	    "192.168.1.0/24, not '::/129'\n"
	    "t:11:1: there is an ACL 'a' already\n"
	    "t:13:1: 'ACL' takes a file behind -file only\n"
	    "t:14:5: '-re' is an option of other lines, not of this one\n");
	assert_said(SERVICE("Redirect \"https://x\"\nACL \"none\"\n"
	                    "ACL -file \"f\"\n"),
	    "t:4:5: there is no ACL 'none' at the top level\n"
	    "t:5:11: cannot read f: this text stands for itself\n");
}

static void
test_hsts(void **state)
{
	(void)state;
	assert_said(SERVICE("Redirect \"https://x\"\nHSTS 731d\n"
	                    "HSTS no\nHSTS \"\"\n"),
	    "t:4:6: 'HSTS' needs off, or a time up to 730d such as 300 or "
	    "180d, not '731d'\n"
	    "t:5:1: 'HSTS' is already given on line 4\n"
	    "t:5:6: 'HSTS' needs off, or a time up to 730d such as 300 or "
	    "180d, not 'no'\n"
	    "t:6:1: 'HSTS' is already given on line 4\n"
	    "t:6:6: 'HSTS' needs off, or a time up to 730d such as 300 or "
	    "180d, not ''\n");
}

static void
test_whom_to_trust(void **state)
{
	(void)state;
	assert_said("TrustedIP \"none\"\n" HTTP("") HTTP("Port 81\n"),
	    "t:1:11: there is no ACL 'none' at the top level\n");
	assert_said(HTTP("TrustedIP\n10.0.0.1\n10.0.0.0/33\nEnd\n"
	                 "ForwardedHeader \"X Y\"\n"),
	    "t:4:1: 'ACL' needs an address or a network such as "
	    "192.168.1.0/24, not '10.0.0.0/33'\n"
	    "t:6:17: 'ForwardedHeader' needs the name of a header field, not "
	    "'X Y'\n");
	assert_said(HTTP("TrustedIP\n10.0.0.1\n::/0\nEnd\n"
	                 "TrustedIP -forwarded \"a\"\n"),
	    "t:2:1: warning: 'TrustedIP' holds everybody: any client can say "
	    "that it is somebody else\n"
	    "t:6:1: 'TrustedIP' is already given on line 2\n"
	    "t:6:11: '-forwarded' is an option of other lines, not of "
	    "this one\n");
	assert_said(SERVICE("Redirect \"https://x\"\nPath -forwarded a\n"),
	    "t:4:6: '-forwarded' is an option of other lines, not of "
	    "this one\n");
}

static void
test_sections(void **state)
{
	(void)state;
	assert_said(
	    "ListenHTTP\nPort 80\n", "t:1:1: 'ListenHTTP' has no 'End'\n");
	assert_said(HTTP("") "End\n",
	    "t:3:1: 'End' without a section that it could end\n");
	assert_said("ListenHTTP\nEnd of it\n",
	    "t:2:5: 'End' stands alone on its line\n");
	assert_said("ListenHTTP\nEdn\n",
	    "t:2:1: unknown word 'Edn'; did you mean 'End'?\n");
	/* What follows a forgotten End is read as what it is. */
	assert_said("ListenHTTP\n\tService\n\t\tRedirect \"https://x\"\n"
	            "Service\nRedirect \"https://y\"\nprot 5\nEnd\n",
	    "t:1:1: 'ListenHTTP' has no 'End'\n"
	    "t:2:2: 'Service' has no 'End' before 'Service' on line 4\n"
	    "t:6:1: unknown word 'prot'\n");
	/* What is indented like the lines around it is misplaced. */
	assert_said("Gateway a.example.org\n"
	            "\tForward 10.0.0.1\n"
	            "\tService\n\t\tSuccess\n\tEnd\n"
	            "\tCert x.pem\n"
	            "End\n",
	    "t:3:2: 'Service' belongs at the top level, in ListenHTTP or in "
	    "ListenHTTPS, not in Gateway\n"
	    "t:6:2: 'Cert' belongs in ListenHTTPS or in BackEnd, not in "
	    "Gateway\n");
	/* So are the lines of a section with a wrong name … */
	assert_said("ListenHTPT\nPrt 80\nEnd\n",
	    "t:1:1: unknown word 'ListenHTPT'; did you mean 'ListenHTTP'?\n"
	    "t:2:1: unknown word 'Prt'; did you mean 'Port'?\n");
	/* … and those of an unknown one are left alone. */
	assert_said("Frobnicate\n\tPrt 80\nEnd\n" HTTP(""),
	    "t:1:1: unknown word 'Frobnicate'\n");
	assert_said(
	    HTTP("Frobnicate 5\n"), "t:2:1: unknown word 'Frobnicate'\n");
}

static void
test_nesting_is_bounded(void **state)
{
	char text[2048] = "ListenHTTP\nEnd\n";
	size_t len = strlen(text);
	int depth;

	(void)state;
	for (depth = 1; depth <= 10; depth++)
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%*sx%d\n", depth, "", depth);
	assert_said(text,
	    "t:3:2: unknown word 'x1'\n"
	    "t:11:10: sections are nested too deeply; the rest is not read\n");
}

static void
test_number_of_directives_is_bounded(void **state)
{
	size_t lines = 65537, i;
	char *text = malloc(lines * 2 + 1);
	struct reading reading;

	(void)state;
	for (i = 0; i < lines; i++)
		memcpy(text + 2 * i, "x\n", 2);
	text[2 * lines] = '\0';
	reading_init(&reading, text);
	assert_null(reading.config);
	assert_int_equal(diag_count(reading.diag, DIAG_ERROR), lines);
	reading_release(&reading);
	free(text);
}

static void
test_numbers_of_values(void **state)
{
	(void)state;
	assert_said(HTTP("Port\n") "LogLevel\nAlive\nEnd\n",
	    "t:2:1: 'Port' needs a number from 0 to 65535: the port to listen "
	    "on\n"
	    "t:4:1: 'LogLevel' needs a number from 0 to 5 or the name of a "
	    "format: what is logged "
	    "of each request\n"
	    "t:5:1: 'Alive' needs a time from 1s to 30d, such as 90 or 1m30s: "
	    "the time between two looks at a backend\n"
	    "t:6:1: 'End' without a section that it could end\n");
	assert_said(HTTP("") "User home assistant\n",
	    "t:3:11: 'User' takes 1 value and 'assistant' is one more; a text "
	    "with spaces stands in quotation marks\n");
	assert_said("ACME\nEAB kid\nEnd\n" HTTP(""),
	    "t:2:1: 'EAB' needs a key identifier and a base64url key: the "
	    "account that the authority gave you\n");
	assert_said("ACME\nEAB my kid hush\nEnd\n" HTTP(""),
	    "t:2:12: 'EAB' takes 2 values and this is one more\n");
}

static void
test_unix_sockets(void **state)
{
	(void)state;
	assert_said(BACKEND("Address /run/ha.sock\n"), "");
	assert_said(BACKEND("Address /run/ha.sock\nPort 1\n"),
	    "t:5:1: warning: 'Port' has no effect: a UNIX socket has none\n");
	assert_said("RootJail /jail/\n" BACKEND("Address /jail/ha.sock\n"), "");
	assert_said("RootJail /jail\n" BACKEND("Address /jailed/ha.sock\n"),
	    "t:5:9: '/jailed/ha.sock' is not within the RootJail '/jail', "
	    "where the workers could reach it\n");
	assert_said(BACKEND("Address /run/../ha.sock\n"),
	    "t:4:9: 'Address' needs an address or a host name, not "
	    "'/run/../ha.sock' (a path without ..)\n");
	assert_said(BACKEND("Address /ha.sock\nHTTPS\n"),
	    "t:3:1: 'HTTPS' over a UNIX socket needs a ServerName: the path "
	    "says nothing about the certificate\n");
	assert_said("Gateway a.example.org\nForward unix:ha.sock\nEnd\n",
	    "t:2:9: 'Forward' needs an address such as \"192.168.1.2:8123\", "
	    "not 'unix:ha.sock' (the path of a socket begins with /)\n");
}

static void
test_tls_of_backends(void **state)
{
	(void)state;
	assert_said(BACKEND("Address a\nPort 1\nCiphers \"HIGH\"\n"),
	    "t:3:1: 'Ciphers' needs HTTPS\n");
	assert_said(BACKEND("Address a\nPort 1\nDisable TLSv1_2\n"),
	    "t:3:1: 'Disable' needs HTTPS\n");
	assert_said(BACKEND("Address a\nPort 1\nHTTPS\nDisable TLSv1_2\n"
	                    "Ciphers \"HIGH\"\nCert \"/a\"\nProbe tcp\n"),
	    "");
	assert_said(BACKEND("Address a\nPort 1\nCert \"/a\"\n"),
	    "t:6:6: 'Cert' needs HTTPS: without it the backend is shown no "
	    "certificate\n");
	assert_said(BACKEND("Address a\nPort 1\nHTTPS\nCert \"/a\"\n"
	                    "Probe /\n"),
	    "t:8:7: 'Probe' can only be tcp with a Cert: the process that "
	    "asks for a path never has its private key\n");
}

static void
test_resolving(void **state)
{
	(void)state;
	assert_said(BACKEND("Address a\nPort 1\nResolve srv\n"),
	    "t:6:9: 'Resolve srv' is not supported: SRV records are not read; "
	    "a BackEnd for each server, or 'Resolve all', takes its place\n");
	assert_said(BACKEND("Address a\nPort 1\nResolve ALL\nFamily inet\n"
	                    "OverrideTTL 5m\nRetryInterval 600\n"),
	    "");
}

static void
test_sessions(void **state)
{
	(void)state;
	assert_said(
	    SERVICE(
	        "Session\nType IP\nEnd\nUseBackend b\n") "Backend b\nAddress "
	                                                 "a\nPort 1\nEnd\n",
	    "t:3:1: 'Session' needs a line 'TTL' with a time from 1s to 30d, "
	    "such as 90 or 1m30s\n");
	assert_said(SERVICE("Session\nType COOKIE\nTTL 5\nEnd\n"
	                    "BackEnd\nAddress a\nPort 1\nEnd\n"),
	    "t:3:1: 'Session' of this Type needs an ID\n");
	assert_said(SERVICE("Session\nType IP\nTTL 5\nID a\nEnd\n"
	                    "BackEnd\nAddress a\nPort 1\nEnd\n"),
	    "t:3:1: 'Session' of this Type has no ID\n");
	assert_said(SERVICE("Session\nType IPS\nTTL 0\nID \"a b\"\nEnd\n"
	                    "BackEnd\nAddress a\nPort 1\nEnd\n"),
	    "t:4:6: 'Type' needs one of IP, BASIC, URL, PARM, COOKIE, HEADER, "
	    "not 'IPS'\n"
	    "t:5:5: 'TTL' needs a time from 1s to 30d, such as 90 or 1m30s, "
	    "not '0'\n"
	    "t:6:4: 'ID' needs the name of a parameter, a cookie or a header "
	    "field, not 'a b'\n");
}

static void
test_shared_backends(void **state)
{
	(void)state;
	assert_said(
	    "Backend\nAddress a\nPort 1\nEnd\n" SERVICE("UseBackend b\n"),
	    "t:1:1: 'Backend' needs a name: a server that services may "
	    "share\n"
	    "t:7:12: there is no Backend 'b' at the top level\n");
	assert_said("Backend b\nPort 1\nEnd\n" SERVICE("UseBackend b\n"),
	    "t:1:1: 'Backend' needs a line 'Address' with an address or a host "
	    "name\n");
	assert_said(
	    "Backend b\nAddress a\nPort 1\nEnd\n"
	    "Backend b\nAddress a\nPort 1\nEnd\n" SERVICE("UseBackend b\n"),
	    "t:5:9: there is a Backend 'b' on line 1 already\n");
	assert_said("Backend b\nAddress a\nPort 1\nEnd\n" BACKEND(
	                "Use b\nPort 2\nDisabled no\n"),
	    "t:9:1: 'Port' belongs in the Backend at the top level that is "
	    "used here\n");
	assert_said(BACKEND("Use b\n"),
	    "t:4:5: there is no Backend 'b' at the top level\n");
	assert_said(SERVICE("UseBackend b\nError 404\n"),
	    "t:2:1: 'Service' has both BackEnd and Error; a request can go to "
	    "one of them only\n"
	    "t:3:12: there is no Backend 'b' at the top level\n");
	assert_said(BACKEND("Address a\nPort 1\nPriority 0\n"),
	    "t:6:10: 'Priority' needs a number from 1 to 65535, not '0'\n");
	assert_said(
	    SERVICE("Balancer first\nUseBackend b\n") "Backend b\nAddress "
	                                              "a\nPort 1\nEnd\n",
	    "t:3:10: 'Balancer' needs one of random, iwrr, not 'first'\n");
}

static void
test_services(void **state)
{
	(void)state;
	assert_said(SERVICE(""),
	    "t:2:1: 'Service' needs a BackEnd, or else a Redirect, an Error, "
	    "a Success, a SendFile or Metrics\n");
	assert_said(BACKEND("Address 10.0.0.1\n"),
	    "t:3:1: 'BackEnd' needs a line 'Port' with a number from 1 to "
	    "65535\n");
	assert_said(BACKEND("Port 80\n"),
	    "t:3:1: 'BackEnd' needs a line 'Address' with an address or a host "
	    "name\n");
	assert_said(BACKEND(""),
	    "t:3:1: 'BackEnd' needs a line 'Address' with an address or a host "
	    "name\n"
	    "t:3:1: 'BackEnd' needs a line 'Port' with a number from 1 to "
	    "65535\n");
	/* Only once: not missing as well. */
	assert_said(BACKEND("Port 0\nAdress 10.0.0.1\n"),
	    "t:4:6: 'Port' needs a number from 1 to 65535, not '0'\n"
	    "t:5:1: unknown word 'Adress'; did you mean 'Address'?\n");
	assert_said(SERVICE("Redirect \"https://x\"\nBackEnd\nAddress a\n"
	                    "Port 1\nEnd\n"),
	    "t:2:1: 'Service' has both BackEnd and Redirect; a request can "
	    "go to one of them only\n");
	assert_said(SERVICE("Redirect 302 \"https://x\"\nHeadRequire \"(\"\n"),
	    "t:4:13: 'HeadRequire' needs a regular expression, not '(' "
	    "(Unmatched ( or \\()\n");
}

static void
test_listeners(void **state)
{
	(void)state;
	assert_said("ListenHTTPS\nEnd\nService\nRedirect \"https://x\"\nEnd\n",
	    "t:1:1: 'ListenHTTPS' has no certificate; it needs Cert "
	    "\"file.pem\" or AutoCert \"name\"\n");
	assert_said("ListenHTTPS\nCert a\nEnd\n",
	    "t:1:1: warning: 'ListenHTTPS' has no Service, and there is none "
	    "at the top level: every request will be refused\n");
	assert_said(HTTP("xHTTP 4\n"),
	    "t:2:7: warning: 'xHTTP 4' is 'xHTTP 3' here: methods of RPC over "
	    "HTTP are not passed on\n");
	assert_said(HTTP("xHTTP 5\n"),
	    "t:2:7: 'xHTTP' needs a number from 0 to 4, not '5'\n");
	assert_said(HTTP("") HTTP("Address 127.0.0.1\n"),
	    "t:3:1: 'ListenHTTP' wants to listen on 127.0.0.1:80, but the "
	    "'ListenHTTP' on line 1 listens on port 80 already\n");
	assert_said(HTTP("Address ::1\n") HTTP("Address [::1]\nPort 80\n"),
	    "t:4:1: 'ListenHTTP' wants to listen on [::1]:80, but the "
	    "'ListenHTTP' on line 1 listens on [::1]:80 already\n");
	assert_said(HTTP("Address 0.0.0.0\n") HTTP("Address 10.0.0.1\n"),
	    "t:4:1: 'ListenHTTP' wants to listen on 10.0.0.1:80, but the "
	    "'ListenHTTP' on line 1 listens on 0.0.0.0:80 already\n");
	assert_said(HTTP("Address 0.0.0.0\n") HTTP("Address ::\n"), "");
	assert_said(HTTP("Address ::1\n") HTTP("Address 127.0.0.1\n"), "");
	assert_said(HTTP("Port 0\n") HTTP("Port 0\n"), "");
	/* A wrong port may be any port. */
	assert_said(HTTP("") HTTP("Port http\n"),
	    "t:4:6: 'Port' needs a number from 0 to 65535, not 'http'\n");
}

#define HTTPS(lines)                                                           \
	"ListenHTTPS\n" lines "End\nService\nRedirect \"https://x\"\nEnd\n"

static void
test_certificates(void **state)
{
#define PRIVATE(name)                                                          \
	"warning: no public certificate authority issues for '" name           \
	"'; use a name of a public domain, or a Directory of your own in "     \
	"ACME\n"

	(void)state;
	assert_said(HTTPS("AutoCert a.example.org\n"), "");
	assert_said(
	    HTTPS("AutoCert a.example.org\n") "ACME\nChallenge http-01\nEnd\n",
	    "t:2:1: warning: 'AutoCert' needs a ListenHTTP: with Challenge "
	    "http-01 the certificate authority comes to port 80 of each "
	    "name\n");
	assert_said(HTTPS("AutoCert *.a.example.org\n"),
	    "t:2:10: warning: only dns-01 proves '*.a.example.org': it needs a "
	    "DNSHook in ACME, or a DDNS section whose provider can publish the "
	    "record\n");
	assert_said(
	    HTTPS(
	        "AutoCert *.a.example.org\n") "ACME\nDNSHook /bin/hook\nEnd\n",
	    "");
	assert_said(HTTPS("AutoCert *.a.example.org\n") "ACME\nDNSHook "
	                                                "/bin/hook\nChallenge "
	                                                "http-01\nEnd\n"
	                                                "ListenHTTP\nEnd\n",
	    "t:2:10: warning: only dns-01 proves '*.a.example.org': Challenge "
	    "must name it\n");
	assert_said(HTTPS("AutoCert 203.0.113.9 2001:db8::9\n"), "");
	assert_said(HTTPS("AutoCert a.example.org\n") "ACME\nDirectory "
	                                              "google\nEnd\n",
	    "t:8:11: warning: google opens no account without an EAB, which "
	    "its web site gives you\n");
	assert_said(HTTPS("AutoCert a.example.org\n") "ACME\nDirectory "
	                                              "zerossl\nEAB kid "
	                                              "c2VjcmV0\nEnd\n",
	    "");
	assert_said(HTTP("") HTTPS("AutoCert localhost ha.local\n"),
	    "t:4:10: " PRIVATE("localhost") "t:4:20: " PRIVATE("ha.local"));
	assert_said(
	    HTTP("") HTTPS(
	        "AutoCert localhost ha.local\n") "ACME\nDirectory "
	                                         "https://ca.lan/acme\nEnd\n",
	    "");
	assert_said(HTTP("") HTTPS("AutoCert a.example.org\n"
	                           "AutoCert a.example.org b.example.org\n"),
	    "t:5:1: 'AutoCert' for 'a.example.org' is on line 4 with other "
	    "names or another authority; the first name of a certificate must "
	    "be its own\n");
#undef PRIVATE
}

static void
test_ciphers(void **state)
{
	(void)state;
	assert_said(
	    HTTPS("Cert a\nCiphers \"A\"\nCiphers -ciphersuites B\n"), "");
	assert_said(HTTPS("Cert a\nCiphers A\nCiphers B\n"),
	    "t:4:1: 'Ciphers' is already given on line 3\n");
	assert_said(HTTPS("Cert a\nCiphers -ciphersuites A\nCiphers C\n"
	                  "Ciphers -ciphersuites B\n"),
	    "t:5:1: 'Ciphers' is already given on line 3\n");
	assert_said(HTTPS("Cert a\nCiphers -exact A\n"),
	    "t:3:9: '-exact' is an option of other lines, not of this one\n");
	assert_said(HTTPS("Cert a\nCheckURL -ciphersuites A\n"),
	    "t:3:10: '-ciphersuites' is an option of other lines, not of "
	    "this one\n");
	assert_said("SSLEngine \"x\"\nECDHCurve P-256\n" HTTPS(
	                "Cert a\nECDHCurve P-256\nNoHTTPS11 1\n"
	                "SSLAllowClientRenegotiation 2\n"),
	    "t:1:1: warning: 'SSLEngine' has no effect: OpenSSL finds out by "
	    "itself what the processor can do\n"
	    "t:2:1: warning: 'ECDHCurve' has no effect: all groups for key "
	    "exchange that are safe are offered\n"
	    "t:5:1: warning: 'ECDHCurve' has no effect: all groups for key "
	    "exchange that are safe are offered\n"
	    "t:6:1: warning: 'NoHTTPS11' has no effect: every client is "
	    "answered in the version that it speaks\n"
	    "t:7:1: warning: 'SSLAllowClientRenegotiation' has no effect: no "
	    "client may renegotiate\n");
}

static void
test_certificates_of_clients(void **state)
{
	(void)state;
	assert_said(HTTPS("Cert a\nClientCert 2\n"),
	    "t:3:12: 'ClientCert 2' needs VerifyList: nobody is trusted for "
	    "the certificates of clients\n");
	assert_said(HTTPS("Cert a\nClientCert 4\n"),
	    "t:3:12: 'ClientCert' has the levels 0 to 3\n");
	assert_said(HTTPS("Cert a\nClientCert 1 10\n"),
	    "t:3:14: 'ClientCert' needs a level from 0 to 3, and perhaps a "
	    "depth up to 9, not '10'\n");
	assert_said(HTTPS("Cert a\nVerifyList v\nCRLlist r\nCAlist c\n"),
	    "t:3:1: warning: 'VerifyList' has no effect: without ClientCert "
	    "no client is asked for a certificate\n"
	    "t:4:1: warning: 'CRLlist' has no effect: without ClientCert "
	    "no client is asked for a certificate\n"
	    "t:5:1: warning: 'CAlist' has no effect: without ClientCert "
	    "no client is asked for a certificate\n");
	assert_said(GATEWAY("ClientCert 2\n"),
	    "t:3:12: 'ClientCert 2' needs VerifyList: nobody is trusted for "
	    "the certificates of clients\n");
	assert_said(GATEWAY("ClientCert 1\n") "Gateway b.example.org\n"
	                                      "Forward h\nEnd\nGateway "
	                                      "c.example.org\nForward h\n"
	                                      "ClientCert 1 2\nEnd\n",
	    "t:5:1: 'ClientCert' must be the same as in the Gateway on line "
	    "1, which shares its address and port\n"
	    "t:10:1: 'ClientCert' must be the same as in the Gateway on line "
	    "1, which shares its address and port\n");
}

static void
test_gateways(void **state)
{
	(void)state;
	assert_said("Gateway a.example.org\nEnd\n",
	    "t:1:1: 'Gateway' needs a line 'Forward' with an address such as "
	    "\"192.168.1.2:8123\"\n");
	assert_said("Gateway 10.0.0.1\nForward 10.0.0.2\nEnd\n",
	    "t:1:9: 'Gateway' needs a host name such as \"home.example.org\", "
	    "not '10.0.0.1' (for an address, use ListenHTTPS with AutoCert)\n");
	assert_said(GATEWAY("Port 443\n"),
	    "t:1:1: 'Gateway' needs two ports, and 443 is both its Port and "
	    "its HTTPSPort\n");
	assert_said(GATEWAY("") GATEWAY(""),
	    "t:4:1: there is a Gateway for 'a.example.org' on line 1 "
	    "already\n");
	assert_said(HTTP("") GATEWAY(""),
	    "t:3:1: 'Gateway' wants to listen on port 80, but the 'ListenHTTP' "
	    "on line 1 listens on port 80 already\n");
	assert_said(GATEWAY("") HTTP("Port 443\n"),
	    "t:4:1: 'ListenHTTP' wants to listen on port 443, but the "
	    "'Gateway' on line 1 listens on port 443 already\n");
	assert_said(
	    GATEWAY(
	        "Email me@example.org\n") "ACME\nEmail you@example.org\nEnd\n",
	    "t:3:7: 'Email' is another one on line 6; all certificates of an "
	    "authority are "
	    "obtained with one account\n");
	assert_said(
	    GATEWAY("Email me@example.org\n") "Gateway b.example.org\nForward "
	                                      "10.0.0.1\n"
	                                      "Email you@example.org\nEnd\n",
	    "t:7:7: 'Email' is another one on line 3; all certificates of an "
	    "authority are "
	    "obtained with one account\n");
}

static void
test_all_in_one_go(void **state)
{
	(void)state;
	assert_said("Usr a\n"
	            "LogFacility deamon\n"
	            "ListenHTTP\n"
	            "\tPort 99999\n"
	            "\tService\n"
	            "\t\tRedirect \"ftp://x\"\n"
	            "\tEnd\n"
	            "ListenHTTPS\n"
	            "\tPort 444\n"
	            "End\n",
	    "t:1:1: unknown word 'Usr'; did you mean 'User'?\n"
	    "t:2:13: warning: 'deamon' is not a log facility; daemon is used "
	    "(did you mean 'daemon'?)\n"
	    "t:3:1: 'ListenHTTP' has no 'End' before 'ListenHTTPS' on line 8\n"
	    "t:4:7: 'Port' needs a number from 0 to 65535, not '99999'\n"
	    "t:6:12: 'Redirect' needs a URL such as "
	    "\"https://home.example.org\", not 'ftp://x'\n"
	    "t:8:1: 'ListenHTTPS' has no certificate; it needs Cert "
	    "\"file.pem\" or AutoCert \"name\"\n"
	    "t:8:1: warning: 'ListenHTTPS' has no Service, and there is none "
	    "at the top level: every request will be refused\n");
}

static void
test_backends_over_tls(void **state)
{
	(void)state;
	assert_said(BACKEND("Address a\nPort 1\nCAFile a.pem\n"),
	    "t:6:1: 'CAFile' needs HTTPS: without it the backend shows no "
	    "certificate\n");
	assert_said(BACKEND("Address a\nPort 1\nInsecure\n"),
	    "t:6:1: 'Insecure' needs HTTPS: without it the backend shows no "
	    "certificate\n");
	assert_said(BACKEND("Address a\nPort 1\nHTTPS\nInsecure\nCAFile b\n"),
	    "t:7:1: 'Insecure' leaves nothing to 'CAFile'; one of them must "
	    "go\n");
	assert_said(BACKEND("Address a\nPort 1\nInsecure\nHTTPS\n"),
	    "t:6:1: warning: 'Insecure': whoever gets between the gateway and "
	    "'a' can read and change everything; CAFile with the backend's own "
	    "certificate prevents it\n");
	assert_said(BACKEND("Address a\nPort 1\nHTTPS 1\n"),
	    "t:6:7: 'HTTPS' takes no value\n");
	assert_said(GATEWAY("CAFile a.pem\n"),
	    "t:3:1: 'CAFile' needs HTTPS: without it the backend shows no "
	    "certificate\n");
}

static void
test_status(void **state)
{
	(void)state;
	assert_said("Status\nPort 80\nEnd\n" HTTP(""),
	    "t:1:1: 'Status' wants to listen on 127.0.0.1:80, but the listener "
	    "on line 4 listens there already\n");
	assert_said(HTTP("") "Status\nACL nobody\nPort x\nEnd\n",
	    "t:4:5: there is no ACL 'nobody' at the top level\n"
	    "t:5:6: 'Port' needs a number from 0 to 65535, not 'x'\n");
	assert_said(HTTP("") "Status\nEnd\nStatus\nEnd\n",
	    "t:5:1: 'Status' is already given on line 3\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_certificates_of_clients),
		cmocka_unit_test(test_ciphers),
		cmocka_unit_test(test_backends_over_tls),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_words_of_later),
		cmocka_unit_test(test_services_that_fall_through),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_conditions_with_a_name),
		cmocka_unit_test(test_words_without_effect),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_lists_of_addresses),
		cmocka_unit_test(test_hsts),
		cmocka_unit_test(test_whom_to_trust),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_nesting_is_bounded),
		cmocka_unit_test(test_number_of_directives_is_bounded),
		cmocka_unit_test(test_numbers_of_values),
		cmocka_unit_test(test_services),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_shared_backends),
		cmocka_unit_test(test_sessions),
		cmocka_unit_test(test_resolving),
		cmocka_unit_test(test_tls_of_backends),
		cmocka_unit_test(test_unix_sockets),
		cmocka_unit_test(test_listeners),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_gateways),
		cmocka_unit_test(test_all_in_one_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
