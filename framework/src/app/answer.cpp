// SPDX-License-Identifier: BSL-1.0
#include "coroute/app/answer.hpp"

namespace coroute::detail {

std::shared_ptr<const AnswerOptions> answer_options(Status status) {
  auto options = std::make_shared<AnswerOptions>();
  options->status = status;
  return options;
}

Response shaped_response(std::string json, const AnswerOptions& options) {
  if (options.model) json = shape_answer(std::move(json), options.model, options.output);
  return json_text(std::move(json), options.status);
}

Response text_response(std::string text, const AnswerOptions& options) {
  switch (options.as) {
    case AnswerAs::Html:
      return html(std::move(text), options.status);
    case AnswerAs::PlainText:
      return coroute::text(std::move(text), options.status);
    case AnswerAs::Redirect:
      return redirect(text, options.status == Status::Ok ? Status::TemporaryRedirect : options.status);
    case AnswerAs::EventStream:
    case AnswerAs::Json:
      break;
  }
  return json_text(std::move(text), options.status);
}

}  // namespace coroute::detail
