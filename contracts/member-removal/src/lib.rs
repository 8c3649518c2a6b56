//! The removal of a member by the DAO.
